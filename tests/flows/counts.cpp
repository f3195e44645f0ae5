#include <sluice/operators/cache.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/sources/binary_records_stream.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sources/file_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// Who counts the records of batches as listeners are told of them, by whatever source, comes to what the sources gave.

namespace {

constexpr auto readAll = [](auto batch) { static_cast<void>(batch | count()); };

struct Watched {
    StatisticsListener statistics;
    testing::Harness harness;

    explicit Watched(Config config = {.master = "local[2]", .log = silent}) : harness(std::move(config))
    {
        harness.context().addStreamingListener(statistics);
    }
    StreamingStatistics end(StopOptions const& options = {})
    {
        harness.context().stop(options);
        return statistics.now();
    }
};

void addsUp(StreamingStatistics const& all, std::int64_t given)
{
    CHECK(all.totalReceivedRecords == given);
    CHECK(all.totalReceivedRecords == all.totalProcessedRecords + all.totalSkippedRecords + all.waitingRecords + all.runningRecords);
}

}  // namespace

TEST_CASE("counts: batches of a queue, those in memory and those that are computed, for one output and for several")
{
    for (bool const oneAtATime : {true, false}) {
        CAPTURE(oneAtATime);
        Watched w;
        RDDQueue<int> queue;
        auto const numbers = queueStream(w.harness.context(), queue, oneAtATime);
        numbers | foreachRDD(readAll);
        numbers | reduce(std::plus{}) | foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
        queue.push({1, 2, 3});
        queue.push(rdd({1, 2, 3, 4, 5}, 2) | filter([](int x) { return x != 4; }) | map([](int x) { return x + 1; }));
        queue.push({});
        w.harness.start();
        for (int i = 0; i < 4; ++i) w.harness.advance(1s);
        addsUp(w.end(), 7);
        CHECK(w.statistics.now().totalProcessedRecords == 7);
        CHECK(w.statistics.retained()[0].numRecords() == (oneAtATime ? 3 : 7));
    }
}

TEST_CASE("counts: a batch that is the same each time")
{
    Watched w;
    constantStream(w.harness.context(), rdd({1, 2, 3})) | foreachRDD(readAll);
    w.harness.start();
    w.harness.advance(3s);
    addsUp(w.end(), 9);
}

TEST_CASE("counts: lines, records of one length, and what a function makes of files")
{
    Temporary const directory;
    directory.makeDirectory("lines");
    directory.makeDirectory("bytes");
    directory.makeDirectory("own");
    Watched w;
    auto& context = w.harness.context();
    FileStreamOptions const all{.newFilesOnly = false};
    fileStream<TextFormat>(context, directory.path("lines"), all) | foreachRDD(readAll);
    fileStream(context, directory.path("bytes"), all, FixedLengthFormat{4}) | foreachRDD(readAll);
    auto const own = fileStream(context, directory.path("own"), all, [](std::string_view bytes) { return std::vector<int>(bytes.size()); });
    own | foreachRDD(readAll);
    own | foreachRDD(readAll);
    w.harness.start();
    directory.write("lines/a", "one\ntwo\nthree", 500'000);
    directory.write("lines/b",
                    "\xef\xbb\xbf"
                    "four\n",
                    500'000);
    directory.write("lines/c", "", 500'000);
    directory.write("bytes/a", "12345678", 500'000);
    directory.write("own/a", "abcde", 500'000);
    w.harness.advance(1s);
    auto const end = w.end();
    addsUp(end, 4 + 2 + 5);
    REQUIRE(end.lastCompletedBatch);
    auto const& inputs = end.lastCompletedBatch->inputs;
    REQUIRE(inputs.size() == 3);
    CHECK(inputs[0].numRecords == 4);
    CHECK(inputs[1].numRecords == 2);
    CHECK(inputs[2].numRecords == 5);
}

TEST_CASE("counts: batches in which no output runs, because a window does not slide yet, are told of with their records")
{
    Watched w;
    auto const [channel, numbers] = channelStream<int>(w.harness.context());
    numbers | window(3s, 3s) | foreachRDD(readAll);
    w.harness.start();
    for (int i = 1; i <= 7; ++i) {
        if (i != 5) {
            for (int k = 0; k < i; ++k) channel.push(k);
        }
        w.harness.advance(1s);
    }
    auto const end = w.end();
    addsUp(end, 1 + 2 + 3 + 4 + 6 + 7);
    CHECK(end.totalProcessedRecords == 23);
    CHECK(end.totalCompletedBatches == 6);  // the fifth has neither records nor an output
    CHECK(w.statistics.retained()[0].outputOperations.empty());
}

TEST_CASE("counts: files and computed batches behind a window count in their own batch, once; what nobody reads does not")
{
    for (unsigned const jobs : {1U, 3U}) {
        CAPTURE(jobs);
        Temporary const directory;
        Watched w{{.master = "local[2]", .concurrentJobs = jobs, .log = silent}};
        auto& context = w.harness.context();
        auto const lines = textFileStream(context, directory.path(), {.newFilesOnly = false});
        RDDQueue<int> queue;
        auto const numbers = queueStream(context, queue);
        lines | window(3s, 3s) | foreachRDD(readAll);
        lines | map([](std::string_view line) { return line.size(); }) | cache() | window(4s, 2s) | foreachRDD(readAll);
        numbers | window(3s, 3s) | foreachRDD(readAll);
        textFileStream(context, directory.path(), {.newFilesOnly = false}) | foreachRDD([](auto const&) {});
        w.harness.start();
        std::int64_t given = 0;
        for (int i = 1; i <= 7; ++i) {
            std::string text;
            for (int k = 0; k < i; ++k) text += "a\n";
            directory.write(std::to_string(i), text, 1'000'000 * i - 500'000);
            queue.push(rdd(std::vector<int>(10)) | filter([](int) { return true; }));
            given += i + 10;
            w.harness.advance(1s);
        }
        auto const end = w.end();
        addsUp(end, given);
        CHECK(end.totalProcessedRecords == given);
        auto const batches = w.statistics.retained();
        REQUIRE(batches.size() == 7);
        for (std::size_t i = 0; i < 7; ++i) {
            CHECK(batches[i].inputs[0].numRecords == static_cast<std::int64_t>(i) + 1);
            CHECK(batches[i].inputs[1].numRecords == 10);
            CHECK(batches[i].inputs[2].numRecords == 0);
        }
    }
}

TEST_CASE("counts: with several jobs at once, too")
{
    Watched w{{.master = "local[2]", .concurrentJobs = 3, .log = silent}};
    auto const [channel, numbers] = channelStream<int>(w.harness.context());
    numbers | filter([](int) { return true; }) | foreachRDD(readAll);
    numbers | foreachRDD(readAll);
    w.harness.start();
    for (int i = 0; i < 20; ++i) {
        channel.push(i);
        w.harness.clock().advance(1s);
    }
    w.harness.context().awaitBatches();
    addsUp(w.end(), 20);
}

TEST_CASE("counts: batches that fail are skipped, not processed")
{
    Temporary const directory;
    directory.makeDirectory("in");
    Watched w;
    auto const [channel, numbers] = channelStream<int>(w.harness.context());
    numbers | foreachRDD([](auto const&, Time t) {
        if (t == Time{2s}) throw std::runtime_error{"two is bad"};
    });
    fileStream<TextFormat>(w.harness.context(), directory.path("in"), {.newFilesOnly = false}) | foreachRDD(readAll);
    w.harness.start();
    channel.push(1);
    w.harness.advance(1s);
    channel.push(2);
    channel.push(3);
    directory.write("in/a", "one\ntwo\n", 1'500'000);
    w.harness.advance(1s);
    auto const end = w.end();
    addsUp(end, 5);
    CHECK(end.totalProcessedRecords == 1);
    CHECK(end.totalSkippedRecords == 4);
}

TEST_CASE("counts: batches that a stop drops were received, and skipped")
{
    Watched w{{.master = "local[1]", .log = silent}};
    auto const [channel, numbers] = channelStream<int>(w.harness.context());
    std::atomic<bool> begun = false;
    numbers | foreachRDD([&](auto batch) {
        begun = true;
        begun.notify_all();
        while (true) batch | foreach ([](int) {});  // until it is told to give up
    });
    w.harness.start();
    channel.push(1);
    w.harness.clock().advance(1s);
    begun.wait(false);
    channel.push(2);
    channel.push(3);
    w.harness.clock().advance(1s);
    auto const end = w.end({.gracefully = true, .deadline = 1ms});
    addsUp(end, 3);
    CHECK(end.totalSkippedRecords == 3);
    CHECK(end.totalProcessedRecords == 0);
}
