#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// What the library tells Config::log (but for slow searches: sources/file_stream.cpp), with its level, what it is about, its
// batch and its text. The entry is taken apart by structured bindings, so that a field that is not looked at here does not
// compile.

namespace {

using Lines = std::vector<std::string>;

constexpr CallSite here{"program.cpp", 12, "main"};
constexpr auto ignore = [](auto const&) {};

struct Told {
    std::mutex mutex;  // the log is called by one thread at a time, and read by another one
    Lines all;

    Config into(Config config)
    {
        config.log = [this](LogEntry const& entry) { add(entry); };
        return config;
    }
    void add(LogEntry const& entry)
    {
        auto const& [level, label, batchTime, text] = entry;
        std::string line = level == LogLevel::error ? "error" : level == LogLevel::warning ? "warning" : "info";
        line += std::string{" of "} + (label.kind[0] != '\0' ? label.kind : "the context");
        if (label.at.line > 0) line += std::string{" at "} + label.at.file + ':' + std::to_string(label.at.line);
        if (batchTime) line += " in " + std::to_string(batchTime->milliseconds());
        std::lock_guard const lock{mutex};
        all.push_back(line + ": " + text);
    }
    [[nodiscard]] std::size_t size()
    {
        std::lock_guard const lock{mutex};
        return all.size();
    }
};

}  // namespace

TEST_CASE("log: what is called at the wrong time")
{
    Told told;
    {
        testing::Harness harness{told.into({.master = "inline"})};
        channelStream<int>(harness.context()).stream | foreachRDD(ignore);
        harness.start();
        harness.start();
        harness.context().stop();
        harness.context().stop();
        testing::Harness never{told.into({.master = "inline"})};
        never.context().stop();
    }
    CHECK(told.all == Lines{"warning of the context: start(): the context is active already",
                            "warning of the context: stop(): the context has been stopped already",
                            "warning of the context: stop(): the context has not been started"});
}

TEST_CASE("log: jobs that fail, are tried again and are given up")
{
    Told told;
    testing::Harness harness{told.into({.master = "inline", .onBatchFailure = retry(1).then(proceed)})};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    int attempts = 0;
    numbers | foreachRDD(
                  [&](auto const&, Time t) {
                      if (t == Time{1s} && ++attempts <= 2) throw std::runtime_error{"bad " + std::to_string(attempts)};
                  },
                  here);
    harness.start();
    channel.push(1);
    channel.push(2);
    harness.advance(1s);
    harness.context().stop();
    std::string const bad = "sluice::foreachRDD (program.cpp:12), batch 1000 ms: bad ";
    CHECK(told.all == Lines{"warning of foreachRDD at program.cpp:12 in 1000: it is tried again: " + bad + "1",
                            "error of foreachRDD at program.cpp:12 in 1000: " + bad + "2",
                            "warning of the context in 1000: the batch is skipped, with 2 records: it failed: " + bad + "2"});
}

TEST_CASE("log: jobs that cannot be planned")
{
    Told told;
    testing::Harness harness{told.into({.master = "inline"})};
    channelStream<int>(harness.context()).stream |
        transform([](auto batch) { return batch.numPartitions() > 0 ? throw std::runtime_error{"cannot"} : batch; },
                  {"transform.cpp", 3, "main"}) |
        foreachRDD(ignore, here);
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    std::string const cannot = "sluice::transform (transform.cpp:3), batch 1000 ms: cannot";
    CHECK(told.all == Lines{"error of foreachRDD at program.cpp:12 in 1000: " + cannot,
                            "warning of the context in 1000: the batch is skipped, with 0 records: it failed: " + cannot});
}

TEST_CASE("log: a step over time that fails is told of as the operator's")
{
    Told told;
    testing::Harness harness{told.into({.master = "inline", .onBatchFailure = proceed})};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    auto const fail = [](std::vector<int> const& values, std::optional<int> state) -> std::optional<int> {
        return values.empty() ? state : throw std::runtime_error{"no state"};
    };
    numbers | map([](int x) { return std::pair{x, x}; }) | updateStateByKey(fail, 1, {}, here) |
        foreachRDD([](auto batch) { static_cast<void>(std::move(batch) | collect()); });
    harness.start();
    channel.push(1);
    harness.advance(1s);
    harness.context().stop();
    REQUIRE(told.all.size() >= 2);
    CHECK(told.all[0].starts_with(
        "error of updateStateByKey at program.cpp:12 in 1000: sluice::updateStateByKey (program.cpp:12), batch 1000 ms"));
    CHECK(told.all[0].ends_with(": no state"));
    CHECK(told.all.back().starts_with("warning of the context in 1000: the batch is skipped, with 1 records: it failed: "));
}

TEST_CASE("log: batches that a stop drops, and a batch that it gives up")
{
    Told told;
    testing::Harness harness{told.into({.master = "local[1]"})};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    std::atomic<bool> begun = false;
    numbers | foreachRDD(
                  [&](auto const& batch) {
                      begun = true;
                      begun.notify_all();
                      while (true) static_cast<void>(batch | collect());  // until it is told to give up
                  },
                  here);
    harness.start();
    channel.push(1);
    harness.clock().advance(1s);
    begun.wait(false);
    channel.push(2);
    channel.push(3);
    harness.clock().advance(1s);
    harness.context().stop({.gracefully = true, .deadline = 1ms});
    REQUIRE(told.all.size() >= 4);
    CHECK(told.all[0] == "warning of the context: stop(): the deadline is over, what has not been processed is dropped");
    CHECK(told.all[1].starts_with("error of foreachRDD at program.cpp:12 in 1000: stop(): it is still running; it began at 2"));
    CHECK(told.all[1].ends_with(" ms ago"));
    CHECK(told.all[2] == "warning of the context in 2000: the batch is skipped, with 2 records: the context was stopped before it");
    CHECK(told.all[3].starts_with("error of foreachRDD at program.cpp:12 in 1000: sluice::"));
    CHECK(told.all[3].ends_with(": sluice: cancelled, because the context was stopped"));
}

TEST_CASE("log: what was received, and is in no batch when the deadline is over")
{
    Told told;
    testing::Harness harness{told.into({.master = "local[1]", .gracefulStopTimeout = 0s})};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD(ignore);
    harness.start();
    channel.push(1);
    channel.push(2);
    harness.context().stop({.gracefully = true});
    REQUIRE(told.all.size() == 2);
    CHECK(told.all[0] == "warning of the context: stop(): the deadline is over before all that was received was in a batch");
    CHECK(told.all[1].starts_with("warning of channelStream at "));
    CHECK(told.all[1].ends_with(": stop(): 2 records that were received are in no batch, and are dropped"));
}

TEST_CASE("log: what was received, and is in no batch when a context stops without grace")
{
    Told told;
    testing::Harness harness{told.into({.master = "local[1]"})};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD(ignore);
    harness.start();
    channel.push(1);
    harness.context().stop();
    REQUIRE(told.all.size() == 1);
    CHECK(told.all[0].ends_with(": stop(): 1 records that were received are in no batch, and are dropped"));
}

TEST_CASE("log: ticks that make no batch")
{
    Told told;
    testing::Harness harness{told.into({.master = "local[1]", .catchUp = CatchUp::latest})};
    std::atomic<bool> begun = false;
    std::atomic<bool> goOn = false;
    channelStream<int>(harness.context()).stream | foreachRDD([&](auto const&) {
        begun = true;
        begun.notify_all();
        goOn.wait(false);
    });
    harness.start();
    harness.clock().advance(1s);
    begun.wait(false);
    harness.clock().advance(1s);  // waits for its turn
    harness.clock().advance(1s);
    goOn = true;
    goOn.notify_all();
    harness.context().awaitBatches();
    harness.context().stop();
    CHECK(told.all == Lines{"info of the context in 3000: the tick makes no batch, because another one waits for its turn"});
}

TEST_CASE("log: receivers that warn, fail and stop")
{
    struct Bad : Receiver<int> {
        int starts = 0;
        void onStart() override
        {
            if (++starts == 2) return stop("enough");
            reportError("odd frame", std::make_exception_ptr(std::runtime_error{"bad magic"}));
            reportError("odd weather");
            throw std::runtime_error{"no socket"};
        }
        void onStop() override
        {
            if (starts == 1) throw std::runtime_error{"what socket?"};
        }
    };
    Told told;
    testing::Harness harness{told.into({.receiverRestartDelay = 3s})};
    receiverStream<int>(harness.context(), Bad{}, here) | foreachRDD(ignore);
    receiverStream<int>(harness.context(), [](std::stop_token, Store<int>&) {}, here) | foreachRDD(ignore);
    harness.start();
    std::string const about = "warning of receiverStream at program.cpp:12: ";
    harness.await("five warnings", [&] { return told.size() == 5; });
    auto const second = about + "restarting in 3000 ms: the receiver ended";
    CHECK(std::erase(told.all, second) == 1);
    CHECK(told.all == Lines{about + "odd frame: bad magic", about + "odd weather", about + "onStop threw: what socket?",
                            about + "restarting in 3000 ms: no socket"});
    told.all.clear();
    harness.advance(3s);
    harness.await("both ends", [&] { return told.size() == 2; });
    CHECK(std::erase(told.all, second) == 1);
    CHECK(told.all == Lines{"info of receiverStream at program.cpp:12: the receiver stopped: enough"});
    harness.context().stop();
}

TEST_CASE("log: sources and listeners that throw")
{
    struct Source {
        static auto batch(Time) { return rdd({1}); }
        static void stop() { throw std::runtime_error{"cannot close"}; }
    };
    struct Input final : detail::RecordNode<int> {
        using detail::RecordNode<int>::RecordNode;
        void stop() override { throw std::runtime_error{"cannot close"}; }
    };
    struct Listener : StreamingListener {
        void onBatchCompleted(BatchCompleted const&) override { throw std::runtime_error{"cannot count"}; }
    } listener;
    Told told;
    testing::Harness harness{told.into({.master = "inline"})};
    harness.context().addStreamingListener(listener);
    pullStream(harness.context(), Source{}, here) | foreachRDD(ignore);
    auto input = detail::addInput<Input>(harness.context(), {"input", here});
    detail::streamOf(detail::SharedNode<Input>{std::move(input)}) | foreachRDD(ignore);
    harness.start();
    harness.advance(1s);
    harness.await("what the listener throws", [&] { return told.size() == 1; });
    harness.context().stop();
    CHECK(told.all == Lines{"error of the context: a listener threw: cannot count", "error of pullStream at program.cpp:12: cannot close",
                            "error of input at program.cpp:12: stop: cannot close"});
}

TEST_CASE("log: directories that are not there, or cannot be looked through")
{
    Temporary const directory;
    directory.makeDirectory("in");
    directory.write("in/a", "line\n", 1'000'000);
    auto const missing = directory.path("missing");
    Told told;
    testing::Harness harness{told.into({.master = "inline"})};
    textFileStream(harness.context(), missing, {}, here) | foreachRDD(ignore);
    fileStream<TextFormat>(harness.context(), directory.path("in"),
                           {.filter = [](std::string const&) -> bool { throw std::runtime_error{"no taste"}; }, .newFilesOnly = false}, {},
                           here) |
        foreachRDD(ignore);
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    CHECK(told.all == Lines{"warning of textFileStream at program.cpp:12 in 1000: there is no directory " + missing,
                            "warning of fileStream at program.cpp:12 in 1000: no file is taken: no taste"});
}
