#include <sluice/runtime/small_mutex.hpp>

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

using sluice::detail::SmallMutex;

static_assert(sizeof(SmallMutex) == 4);

TEST_CASE("one thread at a time, and who waits is woken")
{
    SmallMutex mutex;
    int count = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) {
                std::lock_guard const lock{mutex};
                ++count;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(count == 40'000);
}
