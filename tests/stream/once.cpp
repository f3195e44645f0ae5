#include <sluice/stream/once.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>
#include <vector>

using sluice::detail::Once;

TEST_CASE("work is done once, until it is other work")
{
    Once once;
    int done = 0;
    auto const work = [&done] { ++done; };
    CHECK(!once.done());
    once.run(work);
    once.run(work);
    CHECK(once.done());
    CHECK(done == 1);
    once.reset();
    CHECK(!once.done());
    once.run(work);
    CHECK(done == 2);
}

TEST_CASE("work that throws is done anew by the next one")
{
    Once once;
    CHECK_THROWS_AS(once.run([] { throw std::runtime_error{"no"}; }), std::runtime_error);
    CHECK(!once.done());
    bool done = false;
    once.run([&done] { done = true; });
    CHECK(done);
}

TEST_CASE("of several threads one works, and the others wait for it")
{
    for (int round = 0; round < 200; ++round) {
        Once once;
        int result = 0;
        int tries = 0;
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                try {
                    once.run([&] {
                        if (++tries == 1) throw std::runtime_error{"the first one fails"};
                        result = 42;
                    });
                    if (result != 42) ++wrong;
                } catch (std::runtime_error const&) {
                    ++wrong;
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CHECK(wrong == 1);
        CHECK(tries == 2);
    }
}
