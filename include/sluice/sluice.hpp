#pragma once

// Everything that needs no optional library, lower layers first; what drives a pipeline in a test is in
// <sluice/testing.hpp>.

#include <sluice/batch.hpp>
#include <sluice/codec.hpp>
#include <sluice/exchange.hpp>
#include <sluice/input.hpp>
#include <sluice/io.hpp>
#include <sluice/operators.hpp>
#include <sluice/outputs.hpp>
#include <sluice/runtime.hpp>
#include <sluice/sources.hpp>
#include <sluice/state.hpp>
#include <sluice/stream.hpp>
