#pragma once

// Where records go: one header per destination.

#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/outputs/print.hpp>
