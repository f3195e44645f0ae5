#include <sluice/io/monitor.hpp>

#include <doctest/doctest.h>

#include <mutex>
#include <thread>

using namespace sluice;
using Steady = std::chrono::steady_clock;

TEST_CASE("a wait ends when it holds, told by another thread")
{
    io::Monitor monitor;
    bool ready = false;
    std::thread other{[&] {
        std::lock_guard const lock{monitor};
        ready = true;
        monitor.notifyAll();
    }};
    {
        std::unique_lock lock{monitor};
        monitor.wait([&] { return ready; });
        CHECK(ready);
    }
    other.join();
}

TEST_CASE("a bounded wait answers whether it holds, and does not wait where it does, or where the time is over")
{
    io::Monitor monitor;
    std::unique_lock lock{monitor};
    CHECK(monitor.waitUntil(Steady::now() + std::chrono::hours{1}, [] { return true; }));
    CHECK(!monitor.waitUntil(Steady::now() - std::chrono::hours{1}, [] { return false; }));
    auto const end = Steady::now() + std::chrono::milliseconds{2};
    CHECK(!monitor.waitUntil(end, [] { return false; }));
    CHECK(Steady::now() >= end);
}

TEST_CASE("it keeps others out while it is locked")
{
    io::Monitor monitor;
    int count = 0;
    auto const work = [&] {
        for (int i = 0; i < 10000; ++i) {
            std::lock_guard const lock{monitor};
            ++count;
        }
    };
    std::thread one{work};
    std::thread two{work};
    one.join();
    two.join();
    CHECK(count == 20000);
}

TEST_CASE("the end of a wait may be as far as one likes, and lie behind")
{
    CHECK(io::Monitor::after(std::chrono::microseconds::max()) == Steady::time_point::max());
    CHECK(io::Monitor::after(std::chrono::hours{24} * 365 * 1000) == Steady::time_point::max());
    auto const before = Steady::now();
    auto const soon = io::Monitor::after(std::chrono::seconds{5});
    CHECK(soon >= before + std::chrono::seconds{5});
    CHECK(soon <= Steady::now() + std::chrono::seconds{5});
    CHECK(io::Monitor::after(std::chrono::seconds{-5}) < before);
}
