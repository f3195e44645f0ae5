#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/tail_text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

// Inputs that are held to what batches process. Time is a manual clock's, which a batch moves by as long as it takes: so much for each
// record, and so much for itself.

namespace {

using Sizes = std::vector<int>;

struct Speed {
    Duration each = 1ms;
    Duration batch = 0ms;
    int failing = 0;  // how many of the first batches fail, after no time at all
};

/// The sizes of the first n batches of one second, of a program whose source always has more.
Sizes sizes(Config config, int n, Speed speed = {})
{
    config.master = "inline";
    config.onBatchFailure = proceed;
    config.log = silent;
    testing::Harness harness{config};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    Sizes all;
    auto const fill = [&, put = channel] {
        for (int i = 0; i < 5000 && put.tryPush(i); ++i) {}
    };
    numbers | foreachRDD([&](auto batch) {
        auto const size = static_cast<int>((std::move(batch) | collect()).size());
        if (static_cast<int>(all.size()) == n) return;
        all.push_back(size);
        if (static_cast<int>(all.size()) <= speed.failing) throw std::runtime_error{"at once"};
        fill();
        harness.clock().advance(speed.batch + size * speed.each);
    });
    fill();
    harness.start();
    for (int i = 1; i <= n; ++i) {
        harness.clock().setTime(Time{i * 1s});
        fill();
    }
    harness.context().stop();
    all.resize(static_cast<std::size_t>(n));
    return all;
}

/// A source that has as many as it is asked for, up to 5000.
struct Counted {
    std::vector<std::int64_t>* asked;
    bool failsOnce = false;

    auto batch(Time, std::int64_t most)
    {
        asked->push_back(most);
        if (std::exchange(failsOnce, false)) throw std::runtime_error{"not yet"};
        return rdd(std::vector<int>(static_cast<std::size_t>(std::min<std::int64_t>(most, 5000))));
    }
};

using Asked = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("backpressure bounds the first batch already, whatever waits before it")
{
    CHECK(sizes({}, 1) == Sizes{5000});
    CHECK(sizes({.backpressureEnabled = true}, 1) == Sizes{100});
    CHECK(sizes({.backpressureEnabled = true, .backpressurePidMinRate = 7}, 1) == Sizes{7});
    CHECK(sizes({.backpressureEnabled = true, .backpressureInitialRate = 30}, 1) == Sizes{30});
    CHECK(sizes({.backpressureEnabled = true, .receiverMaxRate = 40}, 1) == Sizes{40});
    CHECK(sizes({.backpressureEnabled = true, .backpressureInitialRate = 70, .receiverMaxRate = 40}, 1) == Sizes{40});
    CHECK(sizes({.backpressureInitialRate = 30}, 1) == Sizes{5000});
}

TEST_CASE("from the third batch on the limit is what batches process")
{
    // 1000 a second; the first two were of the least rate
    CHECK(sizes({.backpressureEnabled = true}, 6) == Sizes{100, 100, 1000, 1000, 1000, 1000});
    // 4000 a second, at most 1500
    CHECK(sizes({.backpressureEnabled = true, .receiverMaxRate = 1500}, 4, {250us}) == Sizes{1500, 1500, 1500, 1500});
    // never less than the least rate: 50 a second
    CHECK(sizes({.backpressureEnabled = true, .backpressurePidMinRate = 60}, 3, {20ms})[2] == 60);
}

TEST_CASE("a backlog of the very first batch is worked off: what it makes late is made up for")
{
    auto const all = sizes({.backpressureEnabled = true, .backpressureInitialRate = 3000}, 12);
    // The limit is known when the second of them has been processed; what was stored until then comes at once, and those behind
    // it are kept small until they begin in time again.
    CHECK(all == Sizes{3000, 3000, 0, 0, 3000, 0, 0, 600, 0, 0, 600, 1000});
}

TEST_CASE("rates that are no whole number are cut to one, unless that were none at all")
{
    // 1 / 0.7 ms = 1428.57 a second
    CHECK(sizes({.backpressureEnabled = true}, 3, {700us}) == Sizes{100, 100, 1428});
    // half a record a second: one in every second batch
    CHECK(sizes({.backpressureEnabled = true, .backpressurePidMinRate = 0.5}, 6, {400ms}) == Sizes{0, 1, 0, 1, 2, 2});
}

TEST_CASE("a batch that failed, or had no records, tells nothing")
{
    Config const config{.backpressureEnabled = true};
    CHECK(sizes(config, 5, {1ms, 0ms, 3}) == Sizes{100, 100, 100, 100, 100});
    CHECK(sizes(config, 6, {1ms, 0ms, 3})[5] == 1000);
    CHECK(sizes(config, 4, {0ms, 0ms}) == Sizes{100, 100, 100, 100});
}

TEST_CASE("lines of a followed file are bounded, too, from the first batch on")
{
    Temporary const folder;
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "line\n";
    folder.write("log", text, 0);
    testing::Harness harness{{.master = "inline", .backpressureEnabled = true}};
    Sizes all;
    tailTextFileStream(harness.context(), folder.path("log"), {.from = TailFrom::beginning}) | foreachRDD([&](auto batch) {
        all.push_back(static_cast<int>(std::move(batch) | count()));
        harness.clock().advance(all.back() * 1ms - 1us);
    });
    harness.start();
    for (int i = 1; i <= 4; ++i) harness.clock().setTime(Time{i * 1s});
    CHECK(Sizes(all.begin(), all.begin() + 3) == Sizes{100, 100, 1000});
}

TEST_CASE("who waits to store goes on when the limit rises")
{
    testing::Harness harness{{.master = "inline", .backpressureEnabled = true}};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD([&](auto batch) { harness.clock().advance(static_cast<int>((std::move(batch) | collect()).size()) * 5ms); });
    std::thread writer{[put = channel] {
        for (int i = 0; i < 350; ++i) put.push(i);
    }};
    harness.awaitReceived(100);
    harness.start();
    harness.clock().setTime(Time{1s});
    harness.awaitReceived(200);
    harness.clock().setTime(Time{2s});  // it ends at 2.5 s, and allows 200 a second from then on
    harness.awaitReceived(350);
    writer.join();
    harness.context().stop();
}

TEST_CASE("each input has its own limit, by its own records")
{
    testing::Harness harness{{.master = "inline", .backpressureEnabled = true, .backpressurePidMinRate = 10}};
    Asked many;
    Asked few;
    struct Few {
        Asked* asked;
        auto batch(Time, std::int64_t most)
        {
            asked->push_back(most);
            return rdd(std::vector<int>(2));
        }
    };
    pullStream(harness.context(), Counted{&many}) | foreachRDD([&](auto const&) { harness.clock().advance(50ms); });
    pullStream(harness.context(), Few{&few}) | foreachRDD([&](auto const&) { harness.clock().advance(50ms); });
    harness.start();
    for (int i = 1; i <= 4; ++i) harness.clock().setTime(Time{i * 1s});
    harness.context().stop();
    CHECK(many == Asked{10, 10, 100, 1000});
    CHECK(few == Asked{10, 10, 20, 20});
}

TEST_CASE("a pull source that takes a bound is told it, and asked again with the same")
{
    for (auto const& [config, expected] : {std::pair{Config{}, Asked{INT64_MAX, INT64_MAX, INT64_MAX}},
                                           {Config{.receiverMaxRate = 0.5}, Asked{0, 0, 1}},
                                           {Config{.receiverMaxRate = 25}, Asked{25, 25, 25}},
                                           {Config{.backpressureEnabled = true}, Asked{100, 100, 100}}}) {
        Asked asked;
        auto with = config;
        with.master = "inline";
        with.onBatchFailure = retry(1);
        with.log = silent;
        testing::Harness harness{with};
        pullStream(harness.context(), Counted{&asked, true}) | foreachRDD([](auto const&) {});
        harness.start();
        harness.advance(2s);
        harness.context().stop();
        CHECK(asked == expected);
    }
    Asked asked;
    IntervalClock clock{1s};
    pullStream(clock, Counted{&asked}) | foreachRDD([](auto const&) {});
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(asked == Asked{INT64_MAX});
}
