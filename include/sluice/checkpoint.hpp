#pragma once

// What lasts across the ends of a process: states, windows and where sources stand, in a directory; and files of records in their
// binary form.

#include <sluice/checkpoint/accumulator_keeper.hpp>
#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/checkpoint/checkpoint_entries.hpp>
#include <sluice/checkpoint/checkpoint_info.hpp>
#include <sluice/checkpoint/checkpoint_store.hpp>
#include <sluice/checkpoint/checkpointer.hpp>
#include <sluice/checkpoint/commit_with.hpp>
#include <sluice/checkpoint/get_or_create.hpp>
#include <sluice/checkpoint/keyed_window_keeper.hpp>
#include <sluice/checkpoint/object_file.hpp>
#include <sluice/checkpoint/rates_keeper.hpp>
#include <sluice/checkpoint/raw_socket_stream.hpp>
#include <sluice/checkpoint/received_keeper.hpp>
#include <sluice/checkpoint/received_part.hpp>
#include <sluice/checkpoint/record_file.hpp>
#include <sluice/checkpoint/save_as_object_file.hpp>
#include <sluice/checkpoint/save_as_object_files.hpp>
#include <sluice/checkpoint/state_keeper.hpp>
#include <sluice/checkpoint/state_of.hpp>
#include <sluice/checkpoint/window_entry.hpp>
#include <sluice/checkpoint/window_keeper.hpp>
#include <sluice/checkpoint/write_ahead_log.hpp>
