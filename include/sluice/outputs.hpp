#pragma once

// Where records go: one header per destination.

#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/outputs/print.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/outputs/write_to.hpp>
