#include <sluice/runtime/system_clock.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// The grid and the ends of a timer: real time is waited for in milliseconds at most.

namespace {

struct Ticks : detail::TickHandler {
    std::vector<Time> times;
    std::atomic<std::size_t> count = 0;
    void tick(Time t) override
    {
        times.push_back(t);
        ++count;
        count.notify_all();
    }
    void await(std::size_t n)
    {
        for (auto now = count.load(); now < n; now = count.load()) count.wait(now);
    }
};

}  // namespace

TEST_CASE("the clock on the wall tells the time of the system")
{
    Clock const clock = SystemClock{};
    auto const before = std::chrono::system_clock::now().time_since_epoch();
    auto const now = clock.now().sinceEpoch();
    auto const after = std::chrono::system_clock::now().time_since_epoch();
    CHECK(now >= std::chrono::floor<Duration>(before));
    CHECK(now <= after);
    CHECK(!clock.base().manual());
}

TEST_CASE("ticks have the times of their grid, also those that are late")
{
    Clock const clock = SystemClock{};
    Ticks ticks;
    auto const first = clock.now() - 3ms;  // due already
    clock.base().start(first, 1ms, ticks);
    ticks.await(5);
    clock.base().stop(ticks);
    auto const count = ticks.times.size();
    for (std::size_t k = 0; k < count; ++k) CHECK(ticks.times[k] == first + static_cast<std::int64_t>(k) * 1ms);
    CHECK(ticks.count == count);
}

TEST_CASE("several timers have threads of their own, and each is stopped by itself")
{
    std::atomic<int> started = 0;
    Clock const clock = SystemClock{[&](std::string const& name) { started += name == "sluice-clock" ? 1 : 0; }};
    Ticks a;
    Ticks b;
    Ticks never;
    clock.base().start(clock.now(), 1ms, a);
    clock.base().start(clock.now(), 1ms, b);
    clock.base().start(clock.now() + 1h, 1h, never);
    a.await(2);
    b.await(2);
    clock.base().stop(a);
    auto const after = b.count.load();
    b.await(after + 2);
    clock.base().stop(never);
    clock.base().stop(b);
    clock.base().stop(b);  // it is not there any more
    CHECK(never.count == 0);
    CHECK(started == 3);
}

TEST_CASE("a wait ends with its time, or with a stop")
{
    Clock const clock = SystemClock{};
    std::stop_source stop;
    CHECK(clock.base().waitUntil(clock.now() - 1s, stop.get_token()));
    CHECK(clock.base().waitUntil(clock.now() + 1ms, stop.get_token()));
    std::thread stopper{[&] { stop.request_stop(); }};
    CHECK(!clock.base().waitUntil(clock.now() + 1h, stop.get_token()));
    stopper.join();
}
