#pragma once

// Caches on a disk, for batches and windows that are larger than memory: cache(Storage::disk), cache(Storage::memoryThenDisk).

#include <sluice/storage/disk_cache.hpp>
#include <sluice/storage/disk_part.hpp>
#include <sluice/storage/disk_store.hpp>
