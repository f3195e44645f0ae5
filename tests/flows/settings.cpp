#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_partitions.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/storage.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/temporary.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <type_traits>

using namespace sluice;
using namespace std::chrono_literals;

// Every setting, and what a program sees when it is another one. The last case does not compile where one is missing.

namespace {

constexpr auto ignore = [](auto const&) {};

/// The threads that run the tasks of a batch of n partitions, each of which waits until there are n.
std::set<std::thread::id> threadsOf(std::string const& master, std::size_t n)
{
    std::set<std::thread::id> threads;
    std::mutex mutex;
    std::atomic<std::size_t> begun = 0;
    testing::Harness harness{{.master = master}};
    testing::literalStream<int>(harness.context(), {{1, 2, 3, 4}}, n) | mapPartitions([&](auto part) {
        {
            std::scoped_lock const lock{mutex};
            threads.insert(std::this_thread::get_id());
        }
        ++begun;
        begun.notify_all();
        for (auto seen = begun.load(); seen < n; seen = begun.load()) begun.wait(seen);
        return part;
    }) | foreachRDD([](auto batch) { static_cast<void>(std::move(batch) | collect()); });
    harness.start();
    harness.advance(1s);
    return threads;
}

/// A receiver that ends at once.
struct Ending {
    std::atomic<int>* runs;
    void run(std::stop_token, Store<int> const&) { ++*runs; }
};

/// How many batches of a program run whose batch at 1 s fails, of those at 1, 2 and 3 s; and how often that one was tried.
std::pair<int, int> failing(OnBatchFailure what)
{
    int tried = 0;
    int done = 0;
    testing::Harness harness{{.master = "inline", .onBatchFailure = what}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD([&](auto const&, Time t) {
        if (t == Time{1s}) {
            ++tried;
            throw std::runtime_error{"bad"};
        }
        ++done;
    });
    harness.start();
    for (int i = 0; i < 3; ++i) harness.advance(1s);
    return {tried, done};
}

}  // namespace

TEST_CASE("master: how many threads work on a batch at once")
{
    CHECK(threadsOf("local[4]", 4).size() == 4);
    CHECK(threadsOf("local[2]", 2).size() == 2);
    CHECK(threadsOf("local", 1).size() == 1);
    CHECK(threadsOf("inline", 1) == std::set{std::this_thread::get_id()});
}

TEST_CASE("appName: what the error of another exclusive context calls it")
{
    for (std::string const name : {"clicks", ""}) {
        StreamingContext active{{.appName = name}, 1s};
        StreamingContext other{{}, 1s};
        for (auto* const context : {&active, &other}) channelStream<int>(*context).stream | foreachRDD(ignore);
        active.start();
        try {
            other.start();
            FAIL("a second exclusive context starts");
        } catch (IllegalState const& error) {
            CHECK(std::string{error.what()}.find((name.empty() ? "one" : name) + " was started at ") != std::string::npos);
        }
    }
}

TEST_CASE("receiverMaxRate: how many records a second a batch has")
{
    for (auto const& [rate, most] : {std::pair{0.0, 50}, {20.0, 20}, {5.0, 5}}) {
        testing::Harness harness{{.master = "inline", .receiverMaxRate = rate}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        std::size_t first = 0;
        numbers | foreachRDD([&](auto batch, Time t) {
            if (t == Time{1s}) first = (std::move(batch) | collect()).size();
        });
        int pushed = 0;
        while (pushed < 50 && channel.tryPush(pushed)) ++pushed;
        CHECK(pushed == most);
        harness.start();
        harness.advance(1s);
        CHECK(first == static_cast<std::size_t>(most));
    }
}

TEST_CASE("backpressure: how many records a second each of six batches may have, by each of its settings")
{
    using Bounds = std::vector<std::int64_t>;
    auto const bounds = [](Config config) {
        config.master = "inline";
        testing::Harness harness{config};
        Bounds all;
        pullStream(harness.context(), [](Time) { return rdd({1}); }) | foreachRDD([&](auto const&) { harness.clock().advance(200ms); });
        struct Source {
            Bounds* bounds;
            auto batch(Time t, std::int64_t most)
            {
                bounds->push_back(most);
                return rdd(std::vector<int>(t < Time{4s} ? 60 : 90));
            }
        };
        pullStream(harness.context(), Source{&all}) | foreachRDD([&](auto const&) { harness.clock().advance(100ms); });
        harness.start();
        for (int i = 1; i <= 6; ++i) harness.clock().setTime(Time{i * 1s});
        return all;
    };  // 200 a second, then 300
    constexpr auto none = INT64_MAX;
    CHECK(bounds({.backpressureInitialRate = 50, .backpressurePidMinRate = 250}) == Bounds{none, none, none, none, none, none});
    CHECK(bounds({.backpressureEnabled = true}) == Bounds{100, 100, 200, 200, 300, 300});
    CHECK(bounds({.backpressureEnabled = true, .backpressureInitialRate = 50}) == Bounds{50, 50, 200, 200, 300, 300});
    CHECK(bounds({.backpressureEnabled = true, .backpressureRateEstimator = "pid"}) == Bounds{100, 100, 200, 200, 300, 300});
    CHECK_THROWS_AS(bounds({.backpressureEnabled = true, .backpressureRateEstimator = "none"}), InvalidArgument);
    CHECK(bounds({.backpressureEnabled = true, .backpressurePidProportional = 0.5}) == Bounds{100, 100, 200, 200, 250, 275});
    CHECK(bounds({.backpressureEnabled = true, .backpressurePidDerived = 0.1}) == Bounds{100, 100, 200, 200, 310, 289});
    CHECK(bounds({.backpressureEnabled = true, .backpressurePidMinRate = 250}) == Bounds{250, 250, 250, 250, 300, 300});
}

TEST_CASE("backpressurePidIntegral: what becomes of the limit where a batch begins late")
{
    for (auto const& [setting, expected] : {std::pair{0.2, 960}, {0.5, 900}, {0.0, 1000}}) {
        testing::Harness harness{{.master = "inline", .backpressureEnabled = true, .backpressurePidIntegral = setting}};
        auto const [channel, numbers] = channelStream<int>(harness.context());
        int batches = 0;
        numbers | foreachRDD([&, &channel = channel](auto batch) {
            auto const size = static_cast<int>((std::move(batch) | collect()).size());
            ++batches;
            for (int i = 0; batches == 1 && i < 100; ++i) channel.push(i);
            harness.clock().advance(batches == 1 ? 1200ms : size * 1ms);  // the second one begins 200 ms late
        });
        for (int i = 0; i < 100; ++i) channel.push(i);
        harness.start();
        harness.clock().setTime(Time{1s});
        int pushed = 0;
        while (pushed < 2000 && channel.tryPush(pushed)) ++pushed;
        CHECK(pushed == expected);
    }
}

TEST_CASE("maxSchedulingDelay: how late a batch may begin before the context stops")
{
    for (auto const& [setting, expected] : {std::pair{std::optional<Duration>{}, 5}, {std::optional<Duration>{1s}, 2}}) {
        testing::Harness harness{{.master = "inline", .maxSchedulingDelay = setting, .log = silent}};
        int batches = 0;
        channelStream<int>(harness.context()).stream | foreachRDD([&](auto const&) {
            ++batches;
            if (batches == 2) harness.clock().advance(3s);
        });
        harness.start();
        for (int i = 1; i <= 5; ++i) harness.clock().setTime(Time{i * 1s});
        harness.context().stop();
        CHECK(batches == expected);
    }
}

TEST_CASE("defaultParallelism: partitions of what is received and of exchanges")
{
    for (auto const& [setting, partitions] : {std::pair{0, 2}, {1, 1}, {5, 5}}) {
        testing::Harness harness{{.defaultParallelism = static_cast<std::size_t>(setting)}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        std::size_t received = 0;
        std::size_t exchanged = 0;
        numbers | foreachRDD([&](auto const& batch) { received = batch.numPartitions(); });
        numbers | map([](int x) { return std::pair{x, 1}; }) | reduceByKey(std::plus{}) |
            foreachRDD([&](auto const& batch) { exchanged = batch.numPartitions(); });
        harness.start();
        harness.advance(1s);
        CHECK(received == static_cast<std::size_t>(partitions));
        CHECK(exchanged == static_cast<std::size_t>(partitions));
    }
}

TEST_CASE("maxReceivedBytes: how much is taken before a batch has it")
{
    for (std::size_t const records : {1U, 7U, 1000U}) {
        testing::Harness harness{{.maxReceivedBytes = records * sizeof(int)}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        numbers | foreachRDD(ignore);
        std::size_t pushed = 0;
        while (pushed < 2000 && channel.tryPush(1)) ++pushed;
        CHECK(pushed == records);
    }
}

TEST_CASE("receiverRestartDelay: when a receiver that ended runs again")
{
    for (auto const delay : {Duration{500ms}, Duration{3s}}) {
        struct Errors : StreamingListener {
            std::atomic<int> count = 0;
            void onReceiverError(ReceiverError const&) override { ++count; }
        } errors;
        std::atomic<int> runs = 0;
        testing::Harness harness{{.receiverRestartDelay = delay}};
        receiverStream<int>(harness.context(), Ending{&runs}) | foreachRDD(ignore);
        harness.context().addStreamingListener(errors);
        harness.start();
        harness.await("the first end", [&] { return errors.count == 1; });
        harness.advance(delay - 1ms);
        CHECK(runs == 1);
        harness.advance(1ms);
        harness.await("the second end", [&] { return errors.count == 2; });
        CHECK(runs == 2);
        harness.context().stop();
    }
}

TEST_CASE("maxReceiverRestartDelay: how far the delay grows while nothing is received")
{
    for (auto const most : {std::optional<Duration>{}, std::optional<Duration>{10s}}) {
        struct Delays : StreamingListener {
            std::atomic<int> count = 0;
            std::string last;
            void onReceiverError(ReceiverError const& e) override
            {
                last = e.receiver.lastErrorMessage;
                ++count;
            }
        } errors;
        std::atomic<int> runs = 0;
        testing::Harness harness{{.receiverRestartDelay = 2s, .maxReceiverRestartDelay = most}};
        receiverStream<int>(harness.context(), [&](std::stop_token, Store<int>& store) {
            if (++runs == 6) store(1);  // then it begins anew
        }) | foreachRDD(ignore);
        harness.context().addStreamingListener(errors);
        harness.start();
        std::vector<int> const whole = most ? std::vector{2, 4, 8, 10, 10, 2, 4} : std::vector{2, 2, 2, 2, 2, 2, 2};
        for (int i = 1; i <= 7; ++i) {
            harness.await("an end", [&] { return errors.count == i; });
            CHECK(runs == i);
            auto const delay = std::stol(errors.last.substr(std::string{"restarting in "}.size()));
            auto const expected = 1000 * whole[static_cast<std::size_t>(i - 1)];
            CHECK(delay <= expected);
            CHECK(delay >= (most ? expected / 2 : expected));
            harness.advance(delay * 1ms - 1ms);
            CHECK(runs == i);
            harness.advance(2ms);
        }
        harness.context().stop();
    }
}

TEST_CASE("stopContextByDefault: whether stop() ends the Context, too")
{
    for (bool const setting : {true, false}) {
        testing::Harness harness{{.stopContextByDefault = setting}};
        channelStream<int>(harness.context()).stream | foreachRDD(ignore);
        harness.start();
        harness.context().stop();
        CHECK(harness.context().context().isStopped() == setting);
    }
}

TEST_CASE("gracefulStopTimeout: whether a graceful stop still runs what was received")
{
    for (auto const setting : {std::optional<Duration>{}, std::optional<Duration>{0s}}) {
        testing::Harness harness{{.gracefulStopTimeout = setting}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        int batches = 0;
        numbers | foreachRDD([&](auto const&) { ++batches; });
        harness.start();
        channel.push(7);
        harness.context().stop({.gracefully = true});
        CHECK(batches == (setting ? 0 : 1));
    }
}

TEST_CASE("concurrentJobs: how many outputs run at once")
{
    for (std::size_t const jobs : {1U, 3U}) {
        testing::Harness harness{{.concurrentJobs = jobs}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        std::atomic<std::size_t> running = 0;
        std::atomic<std::size_t> most = 0;
        for (int i = 0; i < 3; ++i) {
            numbers | foreachRDD([&](auto const&) {
                auto const now = ++running;
                for (auto seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {}
                most.notify_all();
                for (auto seen = most.load(); seen < jobs; seen = most.load()) most.wait(seen);
                --running;
            });
        }
        harness.start();
        harness.advance(1s);
        CHECK(most == jobs);
    }
}

TEST_CASE("retainedBatches: how many a StatisticsListener keeps")
{
    for (std::size_t const retained : {1U, 3U}) {
        testing::Harness harness{{.retainedBatches = retained}};
        channelStream<int>(harness.context()).stream | foreachRDD(ignore);
        StatisticsListener statistics{harness.context().config()};
        harness.context().addStreamingListener(statistics);
        harness.start();
        for (int i = 0; i < 5; ++i) harness.advance(1s);
        harness.context().stop();
        CHECK(statistics.retained().size() == retained);
        CHECK(statistics.now().totalCompletedBatches == 5);
    }
}

TEST_CASE("fileStreamMinRememberDuration: how old a file may be that is found")
{
    for (auto const& [setting, found] : {std::pair{Duration{60s}, true}, {Duration{5s}, false}}) {
        Temporary const dir;
        ManualClock const clock{Time{100s}};
        StreamingContext context{{.fileStreamMinRememberDuration = setting, .clock = clock, .exclusive = false}, 1s};
        std::vector<std::string> lines;
        fileStream<TextFormat>(context, dir.path(), {.newFilesOnly = false}) | foreachRDD([&](auto batch) {
            for (auto& line : std::move(batch) | collect()) lines.push_back(std::move(line));
        });
        dir.write("late", "twenty seconds old\n", 80'000'000);
        context.start();
        clock.advance(1s);
        context.awaitBatches();
        CHECK(lines == (found ? std::vector<std::string>{"twenty seconds old"} : std::vector<std::string>{}));
    }
}

TEST_CASE("onBatchFailure: whether what failed is tried again, and whether the context goes on")
{
    CHECK(failing({}) == std::pair{1, 2});
    CHECK(failing(proceed) == std::pair{1, 2});
    CHECK(failing(retry(3)) == std::pair{4, 2});
    CHECK(failing(stop) == std::pair{1, 0});
    CHECK(failing(retry(2).then(stop)) == std::pair{3, 0});
}

TEST_CASE("catchUp: how many batches follow one that was late")
{
    for (auto const& [setting, expected] : {std::pair{CatchUp::all, 5}, {CatchUp::latest, 2}}) {
        testing::Harness harness{{.master = "local[1]", .catchUp = setting}};
        std::atomic<int> batches = 0;
        std::atomic<bool> goOn = false;
        channelStream<int>(harness.context()).stream | foreachRDD([&](auto const&) {
            ++batches;
            batches.notify_all();
            goOn.wait(false);
        });
        harness.start();
        harness.clock().advance(1s);
        batches.wait(0);
        for (int i = 0; i < 4; ++i) harness.clock().advance(1s);
        goOn = true;
        goOn.notify_all();
        harness.advance(0s);
        CHECK(batches == expected);
    }
}

TEST_CASE("clock: what time it is for batches")
{
    for (auto const start : {Time{0s}, Time{1000s}}) {
        ManualClock const clock{start};
        StreamingContext context{{.clock = clock, .exclusive = false}, 1s};
        std::vector<Time> times;
        channelStream<int>(context).stream | foreachRDD([&](auto const&, Time t) { times.push_back(t); });
        context.start();
        clock.advance(2s);
        context.awaitBatches();
        CHECK(times == std::vector{start + 1s, start + 2s});
    }
}

TEST_CASE("exclusive: whether another one may be active")
{
    for (bool const setting : {true, false}) {
        StreamingContext first{{.exclusive = setting}, 1s};
        StreamingContext second{{.exclusive = setting}, 1s};
        for (auto* const context : {&first, &second}) channelStream<int>(*context).stream | foreachRDD(ignore);
        first.start();
        if (setting) CHECK_THROWS_AS(second.start(), IllegalState);
        else second.start();
        CHECK((StreamingContext::getActive() == &first) == setting);
    }
}

TEST_CASE("log: who is told that a start is one too many")
{
    std::vector<std::string> told;
    testing::Harness harness{{.log = [&](LogEntry const& entry) {
        CHECK(entry.level == LogLevel::warning);
        told.push_back(entry.text);
    }}};
    channelStream<int>(harness.context()).stream | foreachRDD(ignore);
    harness.start();
    CHECK(told.empty());
    harness.start();
    CHECK(told == std::vector<std::string>{"start(): the context is active already"});
}

TEST_CASE("onThreadStart: each thread that the library starts, by its name")
{
    std::set<std::string> names;
    std::mutex mutex;
    testing::Harness harness{{.master = "local[2]", .onThreadStart = [&](std::string const& name) {
                                  std::scoped_lock const lock{mutex};
                                  names.insert(name);
                              }}};
    std::atomic<int> runs = 0;
    receiverStream<int>(harness.context(), Ending{&runs}) | foreachRDD(ignore);
    StreamingListener listener;
    harness.context().addStreamingListener(listener);
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    CHECK(names == std::set<std::string>{"sluice-jobs", "sluice-listen", "sluice-recv-0", "sluice-worker-1"});
}

TEST_CASE("maxCachedBytes and localDirectory: how much a cache has in memory, and where the rest lies")
{
    struct Held : StreamingListener {
        void onBatchCompleted(BatchCompleted const& event) override { bytes = event.batch.held.at(0).bytes; }
        std::size_t bytes = 0;
    };
    Temporary const directory;
    auto const program = [](Config config, auto& listener) {
        testing::Harness harness{std::move(config)};
        harness.context().addStreamingListener(listener);
        testing::literalStream<int>(harness.context(), {{1, 2, 3}}, 1) | cache(Storage::memoryThenDisk) |
            foreachRDD([](auto batch) { static_cast<void>(std::move(batch) | collect()); });
        harness.start();
        harness.advance(1s);
    };
    for (std::size_t const records : {0U, 2U, 3U}) {
        Held held;
        program({.maxCachedBytes = records * sizeof(int), .localDirectory = directory.path()}, held);
        CHECK(held.bytes == records * sizeof(int));
    }
    std::vector<std::string> told;
    Held held;
    program(
        {.maxCachedBytes = 0, .localDirectory = directory.path("missing"), .log = [&](auto const& entry) { told.push_back(entry.text); }},
        held);
    CHECK(told.at(0).ends_with("making a file in " + directory.path("missing") + ": No such file or directory"));
}

TEST_CASE("compression by zstd is for programs that include it")
{
    CHECK_THROWS_AS((StreamingContext{{.master = "inline", .compression = Compression::zstd}, 1s}), Unsupported);
}

TEST_CASE("no setting is left out above")
{
    auto const& [master, appName, backpressureEnabled, backpressureInitialRate, backpressureRateEstimator, backpressurePidProportional,
                 backpressurePidIntegral, backpressurePidDerived, backpressurePidMinRate, receiverMaxRate, defaultParallelism,
                 maxReceivedBytes, maxCachedBytes, localDirectory, compression, receiverRestartDelay, maxReceiverRestartDelay,
                 stopContextByDefault, gracefulStopTimeout, concurrentJobs, retainedBatches, fileStreamMinRememberDuration, onBatchFailure,
                 catchUp, maxSchedulingDelay, clock, exclusive, log, onThreadStart] = Config{};
    static_assert(std::is_same_v<decltype(onThreadStart), Callback<void(std::string const&)> const>);
    CHECK(master == "local[2]");
}
