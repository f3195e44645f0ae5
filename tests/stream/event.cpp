#include <sluice/stream/event.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("delays are absent before their stage")
{
    BatchInfo info;
    info.submissionTime = Time{10ms};
    CHECK(!info.schedulingDelay());
    CHECK(!info.processingDelay());
    CHECK(!info.totalDelay());
    info.processingStartTime = Time{15ms};
    CHECK(info.schedulingDelay() == 5ms);
    CHECK(!info.processingDelay());
    CHECK(!info.totalDelay());
    info.processingEndTime = Time{22ms};
    CHECK(info.processingDelay() == 7ms);
    CHECK(info.totalDelay() == 12ms);
}

TEST_CASE("a batch has as many records as its inputs together")
{
    BatchInfo info;
    CHECK(info.numRecords() == 0);
    info.inputs = {{0, 3, {}}, {1, 4, "files"}};
    CHECK(info.numRecords() == 7);
}

TEST_CASE("an output has a duration once it has ended")
{
    OutputOperationInfo output;
    CHECK(!output.duration());
    output.startTime = Time{1s};
    CHECK(!output.duration());
    output.endTime = Time{3s};
    CHECK(output.duration() == 2s);
}

TEST_CASE("a listener need not listen to anything")
{
    StreamingListener listener;
    listener.onStreamingStarted({});
    listener.onReceiverStarted({});
    listener.onReceiverError({});
    listener.onReceiverStopped({});
    listener.onBatchSubmitted({});
    listener.onBatchStarted({});
    listener.onBatchCompleted({});
    listener.onBatchSkipped({});
    listener.onOutputOperationStarted({});
    listener.onOutputOperationCompleted({});
    CHECK(true);
}
