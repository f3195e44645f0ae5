#include <sluice/operators/slice.hpp>

#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// What slice(from, to) answers in batch `in` of a stream of one record a batch, its number, remembered for 10 s.
std::vector<int> sliced(Time from, Time to, Time in)
{
    ManualClock clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    context.remember(10s);
    auto const numbers = testing::literalStream<int>(context, {{1}, {2}, std::nullopt, {4}, {5}});
    std::vector<int> seen;
    numbers | foreachRDD([&](auto const&, Time t) {
        if (t != in) return;
        for (auto const& batch : slice(numbers, from, to)) seen.push_back((batch | collect()).at(0));
    });
    context.start();
    clock.advance(5s);
    context.stop();
    context.awaitTermination();
    return seen;
}

}  // namespace

TEST_CASE("both ends are included, in order")
{
    CHECK(sliced(Time{1s}, Time{2s}, Time{5s}) == std::vector{1, 2});
    CHECK(sliced(Time{4s}, Time{4s}, Time{5s}) == std::vector{4});
    CHECK(sliced(Time{2s}, Time{1s}, Time{5s}).empty());
}

TEST_CASE("times are floored to those of the batches; what is no batch, or has no RDD, is left out")
{
    CHECK(sliced(Time{1500ms}, Time{4999ms}, Time{5s}) == std::vector{1, 2, 4});
    CHECK(sliced(Time{0s}, Time{1s}, Time{5s}) == std::vector{1});
    CHECK(sliced(Time{3s}, Time{3s}, Time{5s}).empty());
}

TEST_CASE("before the start there is nothing to cut")
{
    IntervalClock clock{1s};
    RDDQueue<int> queue;
    auto const numbers = queueStream(clock, queue);
    CHECK_THROWS_WITH_AS(static_cast<void>(slice(numbers, Time{1s}, Time{2s})), doctest::Contains("the IntervalClock has not been started"),
                         StreamError);
}

TEST_CASE("slice of a context that never ran, or is gone")
{
    RDDQueue<int> queue;
    auto const* const where = "slice.cpp";
    auto const text = [&](auto const& stream, auto kind) {
        try {
            static_cast<void>(slice(stream, Time{0s}, Time{9s}));
        } catch (decltype(kind) const& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    auto context = std::make_unique<StreamingContext>(Config{.master = "inline", .exclusive = false}, 1s);
    auto const numbers = queueStream(*context, queue);
    numbers | foreachRDD([](auto const&) {});
    CHECK(text(numbers, StreamError{""}).find("has not been started") != std::string::npos);
    context->stop();
    CHECK(text(numbers, StreamError{""}).find("has not been started") != std::string::npos);
    context.reset();
    auto const gone = text(numbers, IllegalState{""});
    CHECK(gone.find("the context of this stream no longer exists") != std::string::npos);
    CHECK(gone.find(where) != std::string::npos);
}

TEST_CASE("an interval is sliced as its ends are")
{
    testing::Harness harness{{.master = "inline"}};
    harness.context().remember(3s);
    RDDQueue<int> queue;
    for (int i = 1; i <= 3; ++i) queue.push({i});
    auto const numbers = queueStream(harness.context(), queue);
    std::vector<std::size_t> sizes;
    numbers | foreachRDD([&](auto const&, Time t) { sizes.push_back(slice(numbers, Interval{t - 1s, t}).size()); });
    harness.start();
    for (int i = 0; i < 3; ++i) harness.advance(1s);
    CHECK(sizes == std::vector<std::size_t>{1, 2, 2});
}

TEST_CASE("what was received is there for the time that is remembered, and not behind it")
{
    ManualClock clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    context.remember(3s);
    auto const source = channelStream<int>(context);
    std::vector<std::vector<int>> seen;
    source.stream | foreachRDD([&](auto const&, Time t) {
        auto& records = seen.emplace_back();
        for (auto const& batch : slice(source.stream, Time{1s}, t)) {
            for (int const record : batch | collect()) records.push_back(record);
        }
    });
    context.start();
    for (int k = 1; k <= 5; ++k) {
        source.channel.push(k);
        source.channel.push(10 * k);
        clock.advance(1s);
    }
    using Seen = std::vector<std::vector<int>>;
    CHECK(seen == Seen{{1, 10}, {1, 10, 2, 20}, {1, 10, 2, 20, 3, 30}, {1, 10, 2, 20, 3, 30, 4, 40}, {2, 20, 3, 30, 4, 40, 5, 50}});
    CHECK(slice(source.stream, Time{1s}, Time{5s}).size() == 3);  // the fifth is done: 3, 4 and 5 are left
    context.stop();
    context.awaitTermination();
}

TEST_CASE("ends that are floored are told to the log")
{
    std::vector<std::string> told;
    testing::Harness harness{{.master = "inline", .log = [&](LogEntry const& entry) { told.push_back(std::string{entry.label.kind} + ": " + entry.text); }}};
    RDDQueue<int> queue;
    auto const numbers = queueStream(harness.context(), queue);
    numbers | foreachRDD([&](auto const&, Time t) {
        static_cast<void>(slice(numbers, t, t));
        CHECK(told.empty());
        static_cast<void>(slice(numbers, t - 500ms, t));
    });
    harness.start();
    harness.advance(1s);
    CHECK(told == std::vector<std::string>{"slice: from 500 ms to 1000 ms is floored to multiples of 1000 ms"});
}
