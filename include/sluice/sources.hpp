#pragma once

// Where records come from: one header per origin.

#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/socket_text_stream.hpp>
