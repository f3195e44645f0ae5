#pragma once

// What is larger than memory, on a disk: cache(Storage::disk) and cache(Storage::memoryThenDisk), for batches and windows; spill(), for what is
// received faster than it is processed.

#include <sluice/storage/disk_block.hpp>
#include <sluice/storage/disk_cache.hpp>
#include <sluice/storage/disk_part.hpp>
#include <sluice/storage/disk_store.hpp>
#include <sluice/storage/spill.hpp>
