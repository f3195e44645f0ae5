#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/system_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// A program that cannot keep up: it is told, and what it does then says the configuration: wait, take the latest, or stop.

namespace {

/// Batches of one second, each of which takes so long, by the clock that they move themselves; ten come.
struct Slow {
    explicit Slow(Duration takes, Config config = {})
        : harness([&] {
              config.master = "inline";
              config.log = [this](LogEntry const& entry) {
                  std::lock_guard const lock{mutex};
                  told.push_back(entry);
              };
              return config;
          }())
    {
        channelStream<int>(harness.context()).stream | foreachRDD([this, takes](auto const&, Time t) {
            times.push_back(t);
            if (times.size() < 10) harness.clock().advance(takes);
        });
        harness.start();
        harness.clock().setTime(Time{1s});
        for (int i = 2; i <= 10; ++i) harness.clock().setTime(Time{i * 1s});
    }

    std::mutex mutex;  // threads of the engine speak
    std::vector<LogEntry> told;
    std::vector<Time> times;
    testing::Harness harness;
};

}  // namespace

TEST_CASE("that batches begin later and later is told, a few times, with figures; they wait, and none is left out")
{
    Slow slow{1500ms};
    CHECK(slow.times.size() >= 10);
    for (std::size_t i = 0; i < slow.times.size(); ++i) CHECK(slow.times[i] == Time{static_cast<int>(i + 1) * 1s});
    REQUIRE(slow.told.size() == 1);
    CHECK(slow.told[0].level == LogLevel::warning);
    CHECK(slow.told[0].batchTime == Time{7s});
    CHECK(slow.told[0].text ==
          "the program falls behind: batches begin later and later, this one 3000 ms after its time; one begins every 1500 ms");
}

TEST_CASE("who keeps up is told nothing")
{
    Slow const slow{1000ms};
    CHECK(slow.told.empty());
    CHECK(slow.times.size() == 10);
}

TEST_CASE("with CatchUp::latest it does not grow, and there is nothing to tell but the ticks without batch")
{
    Slow const slow{1500ms, {.catchUp = CatchUp::latest}};
    for (auto const& entry : slow.told) CHECK(entry.level == LogLevel::info);
    CHECK(slow.times.size() >= 7);
}

TEST_CASE("beyond maxSchedulingDelay the context stops, and who waits for it is thrown what was too late")
{
    Slow slow{1500ms, {.maxSchedulingDelay = 1200ms}};
    std::string text;
    try {
        slow.harness.context().awaitTermination();
    } catch (StreamError const& error) {
        text = error.what();
    }
    CHECK(text == "sluice, batch 5000 ms: it has not begun 2000 ms after its time; Config::maxSchedulingDelay is 1200 ms");
    CHECK(slow.harness.context().getState() == ContextState::stopped);
    CHECK(slow.times.size() < 10);
}

TEST_CASE("a batch that hangs makes the one behind it too late, although that never begins")
{
    std::mutex mutex;  // who stops and who is stopped speak
    std::vector<std::string> told;
    testing::Harness harness{{.master = "local[1]", .onBatchFailure = proceed, .maxSchedulingDelay = 3s, .log = [&](LogEntry const& entry) {
                                  std::lock_guard const lock{mutex};
                                  told.push_back(entry.text);
                              }}};
    std::atomic<bool> begun = false;
    auto const [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD([&](auto const& batch) {
        begun = true;
        begun.notify_all();
        while (true) static_cast<void>(batch | collect());  // until it is told to give up
    });
    harness.start();
    channel.push(1);
    harness.clock().advance(1s);
    begun.wait(false);
    for (int i = 0; i < 5; ++i) harness.clock().advance(1s);  // that of 2 s waits, and at 6 s too long
    CHECK_THROWS_AS(harness.context().awaitTermination(), StreamError);
    CHECK(harness.context().getState() == ContextState::stopped);
    REQUIRE(!told.empty());
    CHECK(told[0] == "sluice, batch 2000 ms: it has not begun 4000 ms after its time; Config::maxSchedulingDelay is 3000 ms");
}

TEST_CASE("a delay that is none is refused")
{
    for (auto const delay : {Duration{0s}, Duration{-1s}}) {
        CHECK_THROWS_AS(StreamingContext({.maxSchedulingDelay = delay}, 1s), InvalidArgument);
    }
    CHECK_THROWS_WITH_AS(StreamingContext({.maxSchedulingDelay = -5ms}, 1s),
                         "sluice::Config::maxSchedulingDelay in seconds: it must be more than 0, got -0.005", InvalidArgument);
}

TEST_CASE("a clock knows how late a tick is")
{
    struct Nobody final : detail::TickHandler {
        void tick(Time) override {}
    } nobody;
    ManualClock const manual{Time{5s}};
    Clock const clock = manual;
    CHECK(clock.base().lateness(nobody, Time{3s}) == 2s);
    CHECK(clock.base().lateness(nobody, Time{9s}) == 0s);
    Clock const wall = SystemClock{};
    CHECK(wall.base().lateness(nobody, Time{3s}) == 0s);  // it does not tick for it
    auto const first = wall.now() - 10s;
    wall.base().start(first, 3600s, nobody);
    CHECK(wall.base().lateness(nobody, first) >= 10s);
    CHECK(wall.base().lateness(nobody, first) < 600s);
    CHECK(wall.base().lateness(nobody, first + 1000s) == 0s);
    wall.base().stop(nobody);
}
