#include <sluice/runtime/manual_clock.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Ticks : detail::TickHandler {
    std::vector<Time> times;
    std::function<void(Time)> also;
    void tick(Time t) override
    {
        times.push_back(t);
        if (also) also(t);
    }
};

using Times = std::vector<Time>;

}  // namespace

TEST_CASE("time stands still until it is moved, and does not go back")
{
    ManualClock clock{Time{5s}};
    CHECK(clock.now() == Time{5s});
    clock.advance(1500ms);
    CHECK(clock.now() == Time{6500ms});
    clock.advance(0s);
    CHECK(clock.now() == Time{6500ms});
    CHECK_THROWS_WITH_AS(clock.advance(-1ms), "sluice::ManualClock::advance(d): time does not go back, got -1 ms", InvalidArgument);
    clock.setTime(Time{10s});
    CHECK(clock.now() == Time{10s});
    clock.setTime(Time{1s});
    CHECK(clock.now() == Time{10s});
}

TEST_CASE("copies are the same clock")
{
    ManualClock const clock;
    ManualClock const copy = clock;
    Clock const any = clock;
    copy.advance(1s);
    CHECK(clock.now() == Time{1s});
    CHECK(any.now() == Time{1s});
    CHECK(any.base().manual());
}

TEST_CASE("ticks that become due are fired in order, with their own times")
{
    ManualClock const clock;
    Clock const any = clock;
    Ticks ticks;
    ticks.also = [&](Time t) { CHECK(clock.now() == t); };
    any.base().start(Time{1s}, 1s, ticks);
    clock.advance(999ms);
    CHECK(ticks.times.empty());
    clock.advance(1ms);
    CHECK(ticks.times == Times{Time{1s}});
    clock.advance(3500ms);
    CHECK(ticks.times == Times{Time{1s}, Time{2s}, Time{3s}, Time{4s}});
    CHECK(clock.now() == Time{4500ms});
    any.base().stop(ticks);
    clock.advance(5s);
    CHECK(ticks.times.size() == 4);
}

TEST_CASE("the ticks of two timers come in the order of their times")
{
    ManualClock const clock;
    Clock const any = clock;
    std::vector<std::pair<char, Time>> order;
    Ticks a;
    Ticks b;
    a.also = [&](Time t) { order.emplace_back('a', t); };
    b.also = [&](Time t) { order.emplace_back('b', t); };
    any.base().start(Time{2s}, 2s, a);
    any.base().start(Time{1500ms}, 1500ms, b);
    clock.advance(4500ms);
    CHECK(order ==
          std::vector<std::pair<char, Time>>{{'b', Time{1500ms}}, {'a', Time{2s}}, {'b', Time{3s}}, {'a', Time{4s}}, {'b', Time{4500ms}}});
    any.base().stop(a);
    any.base().stop(b);
}

TEST_CASE("a tick may stop its own timer, and move the clock itself")
{
    ManualClock const clock;
    Clock const any = clock;
    Ticks ticks;
    ticks.also = [&](Time t) {
        if (t == Time{1s}) clock.advance(1s);
        if (t == Time{3s}) any.base().stop(ticks);
    };
    any.base().start(Time{1s}, 1s, ticks);
    clock.advance(10s);
    CHECK(ticks.times == Times{Time{1s}, Time{2s}, Time{3s}});
    CHECK(clock.now() == Time{10s});
}

TEST_CASE("who waits for a time is woken by it, or by a stop")
{
    ManualClock const clock;
    Clock const any = clock;
    std::stop_source stop;
    CHECK(any.base().waitUntil(Time{0s}, stop.get_token()));
    std::atomic<int> answer = -1;
    std::thread waiter{[&] { answer = any.base().waitUntil(Time{2s}, stop.get_token()) ? 1 : 0; }};
    clock.advance(1s);
    clock.advance(1s);
    waiter.join();
    CHECK(answer == 1);
    std::thread stopped{[&] { answer = any.base().waitUntil(Time{9s}, stop.get_token()) ? 1 : 0; }};
    stop.request_stop();
    stopped.join();
    CHECK(answer == 0);
    CHECK(!any.base().waitUntil(Time{0s}, stop.get_token()));
}

TEST_CASE("threads that move one clock take turns: ticks come one at a time, in order")
{
    ManualClock const clock;
    Clock const any = clock;
    Ticks ticks;
    std::atomic<int> inside = 0;
    std::atomic<bool> alone = true;
    ticks.also = [&](Time) {
        if (++inside != 1) alone = false;
        --inside;
    };
    any.base().start(Time{1s}, 1s, ticks);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            for (int s = 1; s <= 200; ++s) clock.setTime(Time{std::chrono::seconds{s}});
        });
    }
    for (auto& thread : threads) thread.join();
    any.base().stop(ticks);
    CHECK(alone);
    REQUIRE(ticks.times.size() == 200);
    for (int s = 1; s <= 200; ++s) CHECK(ticks.times[static_cast<std::size_t>(s - 1)] == Time{std::chrono::seconds{s}});
}

TEST_CASE("no tick comes after the timer was stopped by another thread")
{
    ManualClock const clock;
    Clock const any = clock;
    for (int round = 0; round < 50; ++round) {
        std::thread mover;
        {
            Ticks ticks;
            std::atomic<bool> begun = false;
            ticks.also = [&](Time) {
                begun = true;
                begun.notify_one();
            };
            any.base().start(clock.now() + 1s, 1s, ticks);
            mover = std::thread{[&] { clock.advance(20s); }};
            begun.wait(false);
            any.base().stop(ticks);
        }
        mover.join();
    }
    CHECK(clock.now() == Time{1000s});
}
