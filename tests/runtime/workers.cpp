#include <sluice/runtime/workers.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace sluice;
using sluice::detail::Engine;
using Workers = sluice::detail::Workers<>;

namespace {

/// Runs f(p) for each p below n on the workers.
template <class F>
void forEach(Engine& engine, std::size_t n, F f)
{
    engine.run(n, [](void* context, std::size_t p) { (*static_cast<F*>(context))(p); }, &f);
}

/// What a loop throws in the partitions where it is odd, as text.
std::vector<std::string> failuresOfOdd(Engine& workers, std::size_t n)
{
    std::vector<std::string> texts;
    try {
        forEach(workers, n, [](std::size_t p) {
            if (p % 2 == 1) throw StreamError{Label{"map"}, "odd"};
        });
    } catch (StreamError const& error) {
        texts.emplace_back(error.what());
        for (auto const& other : error.others()) texts.push_back(sluice::detail::errorText(other));
    }
    return texts;
}

}  // namespace

TEST_CASE("each partition of a loop runs once")
{
    for (std::size_t const count : {0U, 1U, 2U, 4U}) {
        Workers workers{count, 3, {}};
        CHECK(workers.defaultPartitions() == 3);
        for (std::size_t const n : {0U, 1U, 2U, 3U, 7U, 100U}) {
            std::vector<std::atomic<int>> ran(n);
            forEach(workers, n, [&](std::size_t p) { ++ran[p]; });
            for (auto const& times : ran) CHECK(times == 1);
        }
    }
}

TEST_CASE("loops that follow one another closely do not mix")
{
    Workers workers{4, 4, {}};
    for (std::uint64_t round = 0; round < 20'000; ++round) {
        std::size_t const n = 2 + round % 5;
        std::atomic<std::uint64_t> sum = 0;
        forEach(workers, n, [&](std::size_t p) { sum += round * 100 + p; });
        if (sum != n * round * 100 + n * (n - 1) / 2) {
            CHECK(sum == n * round * 100 + n * (n - 1) / 2);
            break;
        }
    }
}

TEST_CASE("two partitions are in flight at once")
{
    Workers workers{2, 2, {}};
    std::atomic<int> there = 0;
    forEach(workers, 2, [&](std::size_t) {
        ++there;
        there.notify_all();
        for (int now = there; now < 2; now = there) there.wait(now);
    });
    CHECK(there == 2);
}

TEST_CASE("the first failure in the order of partitions leaves, and has the others")
{
    for (std::size_t const count : {1U, 2U, 4U}) {
        Workers workers{count, 2, {}};
        for (int round = 0; round < 50; ++round) {
            CHECK(failuresOfOdd(workers, 6) == std::vector<std::string>{"sluice::map, partition 1: odd", "sluice::map, partition 3: odd",
                                                                        "sluice::map, partition 5: odd"});
        }
        CHECK(failuresOfOdd(workers, 2).size() == 1);
        CHECK(failuresOfOdd(workers, 1).empty());
    }
}

TEST_CASE("what is thrown need not be an error of ours")
{
    Workers workers{2, 2, {}};
    CHECK_THROWS_AS(forEach(workers, 4,
                            [](std::size_t p) {
                                if (p > 1) throw static_cast<int>(p);
                            }),
                    int);
    std::atomic<int> ran = 0;
    forEach(workers, 4, [&](std::size_t) { ++ran; });
    CHECK(ran == 4);
}

TEST_CASE("a loop within a loop runs where it is")
{
    Workers workers{3, 3, {}};
    std::atomic<int> inner = 0;
    forEach(workers, 5, [&](std::size_t) {
        auto const self = std::this_thread::get_id();
        forEach(workers, 4, [&](std::size_t) { inner += self == std::this_thread::get_id() ? 1 : 0; });
    });
    CHECK(inner == 20);
}

TEST_CASE("several threads of the host may run loops")
{
    Workers workers{2, 2, {}};
    std::atomic<int> sum = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            for (int round = 0; round < 300; ++round) forEach(workers, 3, [&](std::size_t p) { sum += static_cast<int>(p) + 1; });
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(sum == 3 * 300 * 6);
}

TEST_CASE("after the stop, loops run where they are called")
{
    Workers workers{3, 3, {}};
    workers.stop();
    workers.stop();
    auto const self = std::this_thread::get_id();
    int ran = 0;
    forEach(workers, 4, [&](std::size_t) { ran += self == std::this_thread::get_id() ? 1 : 0; });
    CHECK(ran == 4);
}

TEST_CASE("a worker belongs to whoever the loop belongs to")
{
    Workers workers{2, 2, {}};
    int owner = 0;
    detail::OwnedThread const mark{&owner};
    std::atomic<int> owned = 0;
    for (int round = 0; round < 100; ++round) {
        forEach(workers, 4, [&](std::size_t) { owned += detail::ownerOfThread == &owner ? 1 : 0; });
    }
    CHECK(owned == 400);
}

TEST_CASE("each worker's thread is told of when it starts")
{
    std::mutex mutex;
    std::vector<std::string> names;
    {
        Workers workers{3, 3, [&](std::string const& name) {
                            std::scoped_lock const lock{mutex};
                            names.push_back(name);
                        }};
    }
    std::sort(names.begin(), names.end());
    CHECK(names == std::vector<std::string>{"sluice-worker-1", "sluice-worker-2"});
}
