#pragma once

// How records come in: receivers, the stores that they fill, and what a batch has of them.

#include <sluice/input/blocks.hpp>
#include <sluice/input/bytes_of.hpp>
#include <sluice/input/positions.hpp>
#include <sluice/input/receiver.hpp>
#include <sluice/input/room.hpp>
#include <sluice/input/spill.hpp>
#include <sluice/input/store.hpp>
#include <sluice/input/store_log.hpp>
#include <sluice/input/store_node.hpp>
#include <sluice/input/text_blocks.hpp>
#include <sluice/input/text_store.hpp>
