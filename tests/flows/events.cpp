#include <sluice/operators/cache.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// Every event of a program, with every field of each: they are taken apart by structured bindings, so that a field that is
// not looked at here does not compile.

namespace {

/// All events in the order in which they came, as lines.
struct Journal : StreamingListener {
    std::mutex mutex;
    std::vector<std::string> lines;

    void onStreamingStarted(StreamingStarted const& e) override
    {
        auto const& [time] = e;
        add("streaming started at " + said(time));
    }
    void onReceiverStarted(ReceiverStarted const& e) override { add("receiver started" + said(e)); }
    void onReceiverError(ReceiverError const& e) override { add("receiver error" + said(e)); }
    void onReceiverStopped(ReceiverStopped const& e) override { add("receiver stopped" + said(e)); }
    void onBatchSubmitted(BatchSubmitted const& e) override { add("batch submitted" + ofBatch(e)); }
    void onBatchStarted(BatchStarted const& e) override { add("batch started" + ofBatch(e)); }
    void onBatchCompleted(BatchCompleted const& e) override { add("batch completed" + ofBatch(e)); }
    void onBatchSkipped(BatchSkipped const& e) override
    {
        auto const& [batch, reason] = e;
        add("batch skipped: " + reason + said(batch));
    }
    void onOutputOperationStarted(OutputOperationStarted const& e) override
    {
        auto const& [output] = e;
        add("output started" + said(output));
    }
    void onOutputOperationCompleted(OutputOperationCompleted const& e) override
    {
        auto const& [output] = e;
        add("output completed" + said(output));
    }

    void add(std::string line)
    {
        std::scoped_lock const lock{mutex};
        lines.push_back(std::move(line));
    }
    std::size_t count(std::string const& begin)
    {
        std::scoped_lock const lock{mutex};
        std::size_t n = 0;
        for (auto const& line : lines) n += line.starts_with(begin) ? 1 : 0;
        return n;
    }

    static std::string said(Time t) { return std::to_string(t.milliseconds()); }
    static std::string said(std::optional<Time> t) { return t ? said(*t) : "-"; }
    template <class Event>
    static std::string said(Event const& e)
    {
        auto const& [receiver] = e;
        auto const& [streamId, name, active, lastErrorMessage, lastError, lastErrorTime] = receiver;
        return " " + std::to_string(streamId) + " " + name + (active ? " active" : " inactive") + " [" + lastErrorMessage + "] [" +
               lastError + "] " + said(lastErrorTime);
    }
    template <class Event>
    static std::string ofBatch(Event const& e)
    {
        auto const& [batch] = e;
        return said(batch);
    }
    static std::string said(BatchInfo const& info)
    {
        auto const& [batchTime, inputs, submissionTime, processingStartTime, processingEndTime, outputOperations, held] = info;
        std::string text =
            " " + said(batchTime) + " at " + said(submissionTime) + " " + said(processingStartTime) + " " + said(processingEndTime) + ":";
        for (auto const& [inputStreamId, numRecords, description, spilledBytes, lag] : inputs) {
            CHECK(spilledBytes == 0);
            CHECK(!lag);
            text += " in" + std::to_string(inputStreamId) + "=" + std::to_string(numRecords) + "[" + description + "]";
        }
        for (auto const& output : outputOperations) text += " out" + std::to_string(output.id) + (output.failureReason ? " failed" : "");
        for (auto const& [name, keys, bytes] : held) text += " holds " + name + " " + std::to_string(keys) + " " + std::to_string(bytes);
        CHECK(info.numRecords() == (inputs.empty() ? 0 : inputs[0].numRecords + (inputs.size() > 1 ? inputs[1].numRecords : 0)));
        CHECK(info.schedulingDelay().has_value() == processingStartTime.has_value());
        CHECK(info.processingDelay().has_value() == processingEndTime.has_value());
        CHECK(info.totalDelay().has_value() == processingEndTime.has_value());
        return text;
    }
    static std::string said(OutputOperationInfo const& info)
    {
        auto const& [batchTime, id, name, description, startTime, endTime, failureReason] = info;
        CHECK(info.duration().has_value() == endTime.has_value());
        if (endTime) CHECK(info.duration() == *endTime - *startTime);
        return " " + said(batchTime) + " out" + std::to_string(id) + " " + name + " | " + description + " " + said(startTime) + " " +
               said(endTime) + " [" + failureReason.value_or("") + "]";
    }
};

/// A receiver that warns, and stays.
struct Warning : Receiver<int> {
    void onStart() override
    {
        store(5);
        reportError("odd frame", std::make_exception_ptr(std::runtime_error{"bad magic"}));
    }
    void onStop() override {}
};

}  // namespace

TEST_CASE("all events, with all their fields")
{
    constexpr CallSite here{"program.cpp", 12, "main"};
    Journal journal;
    testing::Harness harness{{.master = "local[1]"}};
    auto& context = harness.context();
    auto [channel, numbers] = channelStream<int>(context);
    auto doubled = numbers | map([](int x) { return 2 * x; }) | cache() | named("doubles");
    doubled | foreachRDD([](auto batch) { static_cast<void>(std::move(batch) | collect()); }, here);
    doubled | foreachRDD(
                  [](auto, Time t) {
                      if (t == Time{2s}) throw std::runtime_error{"bad"};
                  },
                  here);
    receiverStream<int>(context, Warning{}) | foreachRDD([&](auto const&) { harness.clock().advance(5ms); }, here);
    context.addStreamingListener(journal);
    harness.clock().advance(30ms);
    harness.start();
    harness.await("the warning", [&] { return journal.count("receiver error") == 1; });
    channel.push(1);
    channel.push(2);
    harness.advance(970ms);
    harness.clock().setTime(Time{2s});
    context.awaitBatches();
    context.stop();
    std::string const job = " foreachRDD at program.cpp:12 | sluice::foreachRDD (program.cpp:12) ";
    std::string const bad = "sluice::foreachRDD (program.cpp:12), batch 2000 ms: bad";
    CHECK(journal.lines ==
          std::vector<std::string>{"streaming started at 30",
                                   "receiver started 1 receiverStream-1 active [] [] -",
                                   "receiver error 1 receiverStream-1 active [odd frame] [bad magic] 30",
                                   "batch submitted 1000 at 1000 - -: in0=2[] in1=1[] out0 out1 out2",
                                   "batch started 1000 at 1000 1000 -: in0=2[] in1=1[] out0 out1 out2",
                                   "output started 1000 out0" + job + "1000 - []",
                                   "output completed 1000 out0" + job + "1000 1000 []",
                                   "output started 1000 out1" + job + "1000 - []",
                                   "output completed 1000 out1" + job + "1000 1000 []",
                                   "output started 1000 out2" + job + "1000 - []",
                                   "output completed 1000 out2" + job + "1000 1005 []",
                                   "batch completed 1000 at 1000 1000 1005: in0=2[] in1=1[] out0 out1 out2 holds doubles 2 8",
                                   "batch submitted 2000 at 2000 - -: in0=0[] in1=0[] out0 out1 out2",
                                   "batch started 2000 at 2000 2000 -: in0=0[] in1=0[] out0 out1 out2",
                                   "output started 2000 out0" + job + "2000 - []",
                                   "output completed 2000 out0" + job + "2000 2000 []",
                                   "output started 2000 out1" + job + "2000 - []",
                                   "output completed 2000 out1" + job + "2000 2000 [" + bad + "]",
                                   "output started 2000 out2" + job + "2000 - []",
                                   "output completed 2000 out2" + job + "2000 2005 []",
                                   "batch completed 2000 at 2000 2000 2005: in0=0[] in1=0[] out0 out1 failed out2 holds doubles 0 0",
                                   "batch skipped: it failed: " + bad + " 2000 at 2000 - -: in0=0[] in1=0[]",
                                   "receiver stopped 1 receiverStream-1 inactive [odd frame] [bad magic] 30"});
}

TEST_CASE("what an input keeps because batches are remembered is told, and only then")
{
    struct Held : StreamingListener {
        std::vector<std::string> lines;
        void onBatchCompleted(BatchCompleted const& e) override
        {
            for (auto const& [name, keys, bytes] : e.batch.held)
                lines.push_back(name + ' ' + std::to_string(keys) + ' ' + std::to_string(bytes));
        }
    };
    for (bool const remembers : {false, true}) {
        Held held;
        testing::Harness harness{{.master = "local[1]"}};
        if (remembers) harness.context().remember(2s);
        auto [channel, numbers] = channelStream<int>(harness.context());
        numbers | named("clicks") | foreachRDD([](auto const&) {});
        harness.context().addStreamingListener(held);
        harness.start();
        for (int i = 1; i <= 4; ++i) {
            for (int k = 0; k < i; ++k) channel.push(k);
            harness.advance(1s);
        }
        harness.context().stop();
        using Lines = std::vector<std::string>;
        CHECK(held.lines == (remembers ? Lines{"clicks 1 4", "clicks 3 12", "clicks 6 24", "clicks 9 36"} : Lines{}));
    }
}
