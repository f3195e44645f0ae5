#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/binary_records_stream.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/sources/file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// A batch that would take a quarter of an hour, in a context that goes.

TEST_CASE("the destructor of an active context waits two seconds for its batch, and then for the blocks that are read")
{
    std::atomic<int> records = 0;
    {
        ManualClock const clock;
        StreamingContext context{{.master = "local[2]", .defaultParallelism = 2000, .clock = clock, .exclusive = false}, 1s};
        auto source = channelStream<int>(context);
        source.stream | foreachRDD([&](auto batch) {
            batch | foreach ([&](int) {
                ++records;
                records.notify_all();
                std::this_thread::sleep_for(100ms);
            });
        });
        context.start();
        for (int i = 0; i < 20'000; ++i) source.channel.push(i);
        clock.advance(1s);
        records.wait(0);
    }
    CHECK(records < 20'000);  // it has not waited for them all: no limit on time would hold on each machine
}

namespace {

constexpr int all = 200'000;

/// A batch of one partition of all these records is given up within it: its first record waits until the context does.
template <class Build>
void givesUpWithin(char const* name, Build const& build)
{
    CAPTURE(name);
    Temporary const dir;
    testing::Harness harness{{.master = "local[1]", .defaultParallelism = 1}};
    std::atomic<int> records = 0;
    std::atomic<bool> begun = false;
    build(harness, dir) | foreachRDD([&](auto batch) {
        batch | foreach ([&](auto const&) {
            if (++records > 1) return;
            begun = true;
            begun.notify_all();
            harness.await("the end of patience", [place = harness.context().core()->place()] {
                try {
                    place.poll();
                } catch (StreamError const&) {
                    return true;
                }
                return false;
            });
        });
    });
    harness.start();
    harness.clock().advance(1s);
    begun.wait(false);
    harness.context().stop({.gracefully = true, .deadline = 1ms});
    CHECK(records > 0);
    CHECK(records <= 2 * static_cast<int>(detail::recordsPerPoll));
}

}  // namespace

TEST_CASE("a partition is given up in its middle, whatever brought its records")
{
    givesUpWithin("channelStream", [](auto& harness, auto const&) {
        auto [channel, numbers] = channelStream<int>(harness.context());
        for (int i = 0; i < all; ++i) channel.push(i);
        return numbers;
    });
    givesUpWithin("binaryRecordsStream", [](auto& harness, Temporary const& dir) {
        dir.write("file", std::string(2 * all, 'x'), 500'000);
        return binaryRecordsStream(harness.context(), dir.path(), 2, {.newFilesOnly = false});
    });
    givesUpWithin("textFileStream", [](auto& harness, Temporary const& dir) {
        std::string text;
        for (int i = 0; i < 10 * all; ++i) text += "x\n";
        dir.write("file", text, 500'000);
        return fileStream<TextFormat>(harness.context(), dir.path(), {.newFilesOnly = false}) |
               map([n = std::make_shared<std::atomic<int>>(0)](std::string_view) {
                   return ++*n % 10;  // a block has more lines than others have records
               }) |
               filter([](int x) { return x == 0; });
    });
    givesUpWithin("fileStream", [](auto& harness, Temporary const& dir) {
        dir.write("file", "x", 500'000);
        return fileStream(harness.context(), dir.path(), {.newFilesOnly = false}, [](std::string_view) { return std::vector<int>(all); });
    });
}

TEST_CASE("dead letters are given up, too")
{
    testing::Harness harness{{.master = "local[1]", .defaultParallelism = 1}};
    auto& context = harness.context();
    auto [letters, dead] = deadLetters<int>(context);
    auto [channel, numbers] = channelStream<int>(context);
    numbers | map([](int) -> int { throw std::runtime_error{"bad"}; }, letters) |
        foreachRDD([](auto batch) { batch | foreach ([](int) {}); });
    std::atomic<int> seen = 0;
    std::atomic<bool> begun = false;
    dead | foreachRDD([&](auto batch) {
        batch | foreach ([&](auto const&) {
            if (++seen > 1) return;
            begun = true;
            begun.notify_all();
            harness.await("the end of patience", [place = context.core()->place()] {
                try {
                    place.poll();
                } catch (StreamError const&) {
                    return true;
                }
                return false;
            });
        });
    });
    harness.start();
    for (int i = 0; i < 3 * static_cast<int>(detail::recordsPerPoll); ++i) channel.push(i);
    harness.clock().advance(1s);
    begun.wait(false);
    context.stop({.gracefully = true, .deadline = 1ms});
    CHECK(seen == static_cast<int>(detail::recordsPerPoll));
}

TEST_CASE("where no deadline of a graceful stop is set it is ten intervals")
{
    ManualClock const clock;
    StreamingContext context{{.master = "local[1]", .clock = clock, .exclusive = false}, 50ms};
    auto source = channelStream<int>(context);
    std::atomic<bool> begun = false;
    source.stream | foreachRDD([&](auto const& batch) {
        begun = true;
        begun.notify_all();
        while (true) batch | foreach ([](int) {});  // until it is told to give up
    });
    context.start();
    source.channel.push(1);
    clock.advance(50ms);
    begun.wait(false);
    auto const begin = std::chrono::steady_clock::now();
    context.stop({.gracefully = true});
    CHECK(std::chrono::steady_clock::now() - begin >= 500ms);
    CHECK_THROWS_WITH_AS(context.awaitTermination(), doctest::Contains("the context was stopped"), StreamError);
}

TEST_CASE("the last batches of a context without threads give up at the deadline of the stop that runs them")
{
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
    auto source = channelStream<int>(context);
    int begun = 0;
    std::optional<RDD<int>> kept;
    source.stream | foreachRDD([&](auto const& batch) {
        if (begun++ == 0) return kept.emplace(batch), void();
        while (true) batch | foreach ([](int) {});  // until it is told to give up
    });
    context.start();
    source.channel.push(1);
    clock.advance(1s);
    source.channel.push(2);
    context.stop({.gracefully = true, .deadline = 500ms});
    CHECK(begun == 2);
    CHECK(context.getState() == ContextState::stopped);
    CHECK_THROWS_WITH_AS(context.awaitTermination(), doctest::Contains("the context was stopped"), StreamError);
    int seen = 0;
    *kept | foreach ([&](int) { ++seen; });  // what was kept can be run all the same
    CHECK(seen == 1);
}
