#pragma once

// Where records come from: one header per origin.

#include <sluice/sources/binary_records_stream.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/sources/file_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/socket_stream.hpp>
#include <sluice/sources/socket_text_stream.hpp>
#include <sluice/sources/tail_text_file_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
