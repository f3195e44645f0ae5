#include <sluice/operators/collect.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/slice.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
    testing::Harness harness{
        {.master = "inline", .log = [&](LogEntry const& entry) { told.push_back(std::string{entry.label.kind} + ": " + entry.text); }}};
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

namespace {

/// What slice gives of sums by key, per batch, sorted.
template <class Stream>
std::vector<std::vector<std::pair<int, int>>> slicedPairs(Stream const& stream, Time from, Time to)
{
    std::vector<std::vector<std::pair<int, int>>> all;
    for (auto const& batch : slice(stream, from, to)) {
        auto& one = all.emplace_back();
        for (auto const& [key, value] : batch | collect()) one.emplace_back(key, value);
        std::sort(one.begin(), one.end());
    }
    return all;
}

constexpr auto asPairs = [](int x) { return std::pair{x % 2, x}; };
constexpr auto running = [](std::vector<int> const& values, std::optional<int> state) {
    return std::optional{std::accumulate(values.begin(), values.end(), state.value_or(0))};
};

/// Refuses the next batch of a stream that lasts, and finds all as it was: then, and in each later batch.
template <class MakeStream>
void refusesAhead(std::string const& name, std::vector<std::vector<std::pair<int, int>>> const& expected, MakeStream const& make)
{
    CAPTURE(name);
    testing::Harness harness{{.master = "inline"}};
    harness.context().remember(100s);
    auto const pairs = testing::literalStream<int>(harness.context(), {{1, 2}, {3}, {4, 5}}) | map(asPairs);
    auto const lasting = make(pairs);
    lasting | foreachRDD([](auto const&) {});
    harness.start();
    for (std::size_t k = 0; k < expected.size(); ++k) {
        auto const next = Time{std::chrono::seconds{k + 1}};
        for (auto const to : {next, next + 1s, Time{Duration::max()}}) {
            CHECK_THROWS_WITH_AS(static_cast<void>(slice(lasting, next, to)), doctest::Contains((name + " (").c_str()), IllegalState);
            CHECK_THROWS_WITH_AS(static_cast<void>(slice(lasting, Time{1s}, to)),
                                 doctest::Contains(("batch of " + next.toString() + " has not been reached").c_str()), IllegalState);
        }
        harness.advance(1s);
        CHECK(slicedPairs(lasting, Time{1s}, next) ==
              decltype(slicedPairs(lasting, next, next))(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(k) + 1));
    }
}

}  // namespace

TEST_CASE("a time that is not reached yet is refused behind what lasts, and changes nothing")
{
    using Batches = std::vector<std::vector<std::pair<int, int>>>;
    refusesAhead("sluice::updateStateByKey", Batches{{{0, 2}, {1, 1}}, {{0, 2}, {1, 4}}, {{0, 6}, {1, 9}}},
                 [](auto pairs) { return pairs | updateStateByKey(running, 2); });
    refusesAhead("sluice::reduceByKeyAndWindow", Batches{{{0, 2}, {1, 1}}, {{0, 2}, {1, 4}}, {{0, 4}, {1, 8}}},
                 [](auto pairs) { return pairs | reduceByKeyAndWindow(std::plus{}, 2s); });
    refusesAhead("sluice::window", Batches{{{0, 2}, {1, 1}}, {{0, 2}, {1, 1}, {1, 3}}, {{0, 4}, {1, 3}, {1, 5}}},
                 [](auto pairs) { return pairs | window(2s); });
}

TEST_CASE("ahead of the clock there are the batches that are known already, and no more")
{
    testing::Harness harness{{.master = "inline"}};
    RDDQueue<int> queue;
    queue.push({1});
    queue.push({2});
    auto const numbers = queueStream(harness.context(), queue);
    numbers | foreachRDD([](auto const&) {});
    harness.context().remember(10s);
    harness.start();
    harness.advance(1s);
    CHECK(slice(numbers, Time{1s}, Time{Duration::max()}).size() == 1);
    harness.advance(1s);
    CHECK(slice(numbers, Time{1s}, Time{Duration::max()}).size() == 2);
}

TEST_CASE("a window that only slices ask for has each batch in which it was asked")
{
    testing::Harness harness{{.master = "inline"}};
    harness.context().remember(10s);
    auto const numbers = testing::literalStream<int>(harness.context(), {{1}, {2}, {3}});
    auto const recent = numbers | window(2s);
    std::vector<std::vector<int>> seen;
    numbers | foreachRDD([&](auto const&, Time t) {
        for (auto const& batch : slice(recent, t, t)) {
            if (t == Time{2s}) seen.push_back(batch | collect());
        }
    });
    harness.start();
    for (int k = 0; k < 3; ++k) harness.advance(1s);
    CHECK(seen == std::vector<std::vector<int>>{{1, 2}});
    auto const later = slice(recent, Time{3s}, Time{3s});
    REQUIRE(later.size() == 1);
    CHECK((later[0] | collect()) == std::vector{2, 3});
}

TEST_CASE("past and current times are sliced from every thread, while batches run")
{
    for (auto const* master : {"local[3]", "inline"}) {
        testing::Harness harness{{.master = master, .concurrentJobs = 2}};
        harness.context().remember(1000s);
        auto const pairs = constantStream(harness.context(), rdd({1, 2, 3})) | map(asPairs);
        auto const sums = pairs | updateStateByKey(running, 2);
        auto const recent = pairs | reduceByKeyAndWindow(std::plus{}, 2s);
        std::atomic<std::int64_t> reached = 0;
        std::atomic<int> wrong = 0;
        auto const look = [&] {
            auto const k = reached.load();
            if (k == 0) return;
            Time const t{std::chrono::seconds{k}};
            auto const state = slicedPairs(sums, t, t);
            auto const windowed = slicedPairs(recent, t, t);
            int const n = static_cast<int>(k);
            int const twice = k > 1 ? 2 : 1;
            wrong += state != decltype(state){{{0, 2 * n}, {1, 4 * n}}};
            wrong += windowed != decltype(windowed){{{0, 2 * twice}, {1, 4 * twice}}};
        };
        sums | foreachRDD([&](auto const&, Time t) {
            reached = t.milliseconds() / 1000;
            look();
        });
        recent | transform([&](auto batch) {
            look();
            return batch;
        }) | foreachRDD([&](auto batch) { batch | foreach ([&](auto const&) { look(); }); });
        harness.start();
        std::atomic<bool> over = false;
        std::thread stranger{[&] {
            while (!over) look();
        }};
        for (int k = 0; k < 200; ++k) harness.advance(1s);
        over = true;
        stranger.join();
        CHECK(wrong == 0);
    }
}
