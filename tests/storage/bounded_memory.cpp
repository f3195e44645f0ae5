#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>
#include <sluice/testing.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <malloc.h>

// A window of far more than a program's memory is to hold: read off the heap, whatever keeps it.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLUICE_SANITIZED
#endif
#endif

#ifdef SLUICE_SANITIZED
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t MiB = 1 << 20;
constexpr std::int64_t perBatch = 5'000;
constexpr std::int64_t batches = 30;

std::size_t bytesOnHeap()
{
#ifdef SLUICE_SANITIZED
    return __sanitizer_get_current_allocated_bytes();
#else
    auto const info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

/// How much the heap grows by a window over 30 batches of a MB each, whose records it counts.
std::size_t growthWith(auto storage, std::size_t bound)
{
    Temporary const directory;
    testing::Harness harness{{.maxCachedBytes = bound, .localDirectory = directory.path()}};
    std::int64_t seen = 0;
    constantStream(harness.context(), rdd({0}, 2)) | flatMap([](int) { return std::vector<int>(perBatch); }) |
        map([](int) { return std::string(200, 'x'); }) | cache(storage) | window(batches * 1s) |
        foreachRDD([&](auto batch) { seen = batch | count(); });
    harness.start();
    std::size_t least = bytesOnHeap();
    std::size_t most = least;
    for (std::int64_t i = 1; i <= batches; ++i) {
        harness.advance(1s);
        most = std::max(most, bytesOnHeap());
        CHECK(seen == i * perBatch);
    }
    return most - least;
}

}  // namespace

TEST_CASE("a window over a cache on the disk takes a block's memory, whatever it holds; one over memory and disk what its bound says")
{
    auto const all = static_cast<std::size_t>(perBatch * batches) * 200;
    CHECK(growthWith(Storage::memory, 0) > all);
    CHECK(growthWith(Storage::disk, 0) < 2 * MiB);
    CHECK(growthWith(Storage::memoryThenDisk, 2 * MiB) < 6 * MiB);
}
