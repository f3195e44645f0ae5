#pragma once

// What lasts from batch to batch: states, and windows by key.

#include <sluice/state/keyed_window.hpp>
#include <sluice/state/lasting.hpp>
#include <sluice/state/state.hpp>
#include <sluice/state/state_function.hpp>
#include <sluice/state/state_spec.hpp>
#include <sluice/state/state_stream.hpp>
#include <sluice/state/state_table.hpp>
#include <sluice/state/update_table.hpp>
#include <sluice/state/window_notes.hpp>
#include <sluice/state/window_stream.hpp>
#include <sluice/state/windowed_records.hpp>
