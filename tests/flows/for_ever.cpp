#include <sluice/operators/collect.hpp>
#include <sluice/operators/count_by_window.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/slice.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/tail_text_file_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <limits>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

// Wherever a length of time is taken, the longest one is taken, too, and is for ever. UBSan looks at the sums.

namespace {

constexpr auto ever = Duration::max();

}  // namespace

TEST_CASE("windows that are as long as there is time keep all; a slide that is as long never comes")
{
    using Pair = std::pair<int, int>;
    testing::Batches<Pair> const pairs{{{1, 1}}, {{1, 2}}, {}, {{1, 4}}};
    testing::Batches<Pair> const sums{{{1, 1}}, {{1, 3}}, {{1, 3}}, {{1, 7}}};
    CHECK(testing::runBatches<Pair>(pairs, [](auto in) { return in | reduceByKeyAndWindow(std::plus{}, ever); }) == sums);
    CHECK(testing::runBatches<Pair>(pairs, [](auto in) { return in | reduceByKeyAndWindow(std::plus{}, std::minus{}, ever); }) == sums);
    CHECK(testing::runBatches<int>({{1}, {2}, {}}, [](auto in) { return in | window(std::chrono::hours::max()); }) ==
          testing::Batches<int>{{1}, {1, 2}, {1, 2}});
    CHECK(testing::runBatches<int>({{1}, {2, 3}}, [](auto in) { return in | countByWindow(ever); }) ==
          testing::Batches<std::int64_t>{{1}, {3}});
    CHECK(testing::runBatches<int>({{1}, {2}}, [](auto in) { return in | window(ever, ever); }) ==
          testing::Batches<int>{std::nullopt, std::nullopt});
}

TEST_CASE("a state that times out after all of time never does")
{
    auto const last = [](int, std::optional<int> value, State<int>& state) {
        if (!state.isTimingOut()) state.update(*value);
        return state.isTimingOut() ? -1 : state.get();
    };
    for (auto const timeout : {ever, ever - 1us, ever / 2}) {
        CHECK(testing::runBatches<std::pair<int, int>>({{{1, 5}}, {}, {}, {{1, 6}}}, [&](auto in) {
                  return in | mapWithState(StateSpec{last}.timeout(timeout));
              }) == testing::Batches<int>{{5}, {}, {}, {6}});
    }
}

TEST_CASE("each setting that is a length of time may be the longest")
{
    Temporary const directory;
    testing::Harness harness{{.master = "local[1]",
                              .receiverMaxRate = 10,
                              .receiverRestartDelay = ever,
                              .maxReceiverRestartDelay = ever,
                              .gracefulStopTimeout = ever,
                              .fileStreamMinRememberDuration = ever}};
    auto& context = harness.context();
    context.remember(ever);
    RDDQueue<int> queue;
    auto const numbers = queueStream(context, queue);
    std::size_t sliced = 0;
    numbers | foreachRDD([&](auto const&, Time t) { sliced = slice(numbers, Time{Duration::min()}, t).size(); });
    textFileStream(context, directory.path(), {.unchangedFor = ever - 1us}) | foreachRDD([](auto const&) {});
    tailTextFileStream(context, directory.path("*.log"), {.rotatedFor = ever}) | foreachRDD([](auto const&) {});
    std::atomic<int> runs = 0;
    receiverStream<int>(context, [&](std::stop_token, auto&) { ++runs; }) | foreachRDD([](auto const&) {});
    harness.start();
    harness.await("the receiver's end", [&] { return runs == 1; });
    harness.advance(1s);
    harness.advance(1s);
    CHECK(sliced == 2);
    CHECK(runs == 1);
    std::thread waiting{[&] { CHECK(context.awaitTerminationOrTimeout(ever)); }};
    CHECK(context.awaitBatches(ever));
    context.stop({.gracefully = true, .deadline = ever});
    waiting.join();
}

TEST_CASE("an interval may be as long as there is time: no batch comes, and the context stops")
{
    StreamingContext context{{.master = "local[1]", .exclusive = false}, ever};
    RDDQueue<int> queue;
    int batches = 0;
    queueStream(context, queue) | foreachRDD([&](auto const&) { ++batches; });
    context.start();
    CHECK(!context.awaitTerminationOrTimeout(0s));
    context.stop();
    CHECK(batches == 0);

    IntervalClock clock{ever};
    queueStream(clock, queue) | foreachRDD([&](auto const&) { ++batches; });
    CHECK(clock.poll(Time{0s}) == Time{ever});
    CHECK(clock.poll(Time{1h}) == Time{ever});
    CHECK(batches == 0);

    ManualClock manual;
    StreamingContext manually{{.master = "inline", .clock = manual, .exclusive = false}, ever};
    queueStream(manually, queue) | foreachRDD([&](auto const&) { ++batches; });
    manually.start();
    manual.advance(1h);
    manual.advance(ever);
    CHECK(batches == 0);
    manually.stop();
}

TEST_CASE("the average of delays that are as long as there is time is none of a negative length")
{
    StatisticsListener listener;
    for (int i = 0; i < 3; ++i) {
        BatchInfo batch{.batchTime = Time{1s * i},
                        .inputs = {},
                        .submissionTime = Time{0s},
                        .processingStartTime = Time{ever},
                        .processingEndTime = Time{ever},
                        .outputOperations = {},
                        .held = {}};
        listener.onBatchSubmitted({batch});
        listener.onBatchCompleted({std::move(batch)});
    }
    CHECK(listener.now().averageSchedulingDelay == ever / 3);
}
