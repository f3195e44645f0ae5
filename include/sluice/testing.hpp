#pragma once

// What drives a pipeline in a test: the manual clock, literal batches in, batches out.

#include <sluice/testing/batches.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>
