#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>

using namespace sluice;
using namespace std::literals;

TEST_CASE("operators that f makes may be its local variables")
{
    auto const out = testing::runBatches<int>({{1, 2, 3, 4}, {5, 6}}, [](auto in) {
        return in | transform([](auto batch) {
                   int least = 2;
                   auto const clean = filter([least](int x) { return x > least; }) | map([least](int x) { return x * least; });
                   return batch | clean;
               });
    });
    CHECK(out == testing::Batches<int>{{6, 8}, {10, 12}});
}

TEST_CASE("f is given the batch's time, where it asks for it")
{
    auto const out = testing::runBatches<int>({{1}, {1}, {}}, [](auto in) {
        return in |
               transform([](auto batch, Time t) { return batch | map([t](int x) { return x + static_cast<int>(t.milliseconds()); }); });
    });
    CHECK(out == testing::Batches<int>{{1001}, {2001}, {}});
}

TEST_CASE("f is called once a batch, however many stand below it")
{
    auto const calls = std::make_shared<int>(0);
    auto const out = testing::runBatches<int>({{1}, {2}}, [calls](auto in) {
        auto const shared = in | transform([calls](auto batch) {
                                ++*calls;
                                return batch;
                            });
        return shared | unionWith(shared);
    });
    CHECK(out == testing::Batches<int>{{1, 1}, {2, 2}});
    CHECK(*calls == 2);
}

TEST_CASE("f may exchange, and answer records of another type in other partitions")
{
    auto const out = testing::runBatches<int>({{1, 2, 3, 4, 5}, {}}, [](auto in) {
        return in |
               transform([](auto batch) { return batch | map([](int x) { return std::pair{x % 2, x}; }) | reduceByKey(std::plus{}, 1); });
    });
    CHECK(out == testing::Batches<std::pair<int, int>>{{{1, 9}, {0, 6}}, {}});
}

TEST_CASE("what f refers to is read anew for each batch")
{
    auto const limit = std::make_shared<int>(2);
    auto const out = testing::runBatches<int>({{1, 2, 3}, {1, 2, 3}}, [limit](auto in) {
        return in | transform([limit](auto batch) {
                   int const now = (*limit)--;
                   return batch | filter([now](int x) { return x > now; });
               });
    });
    CHECK(out == testing::Batches<int>{{3}, {2, 3}});
}

TEST_CASE("no RDD and an f that throws fail the batch, and the next one runs")
{
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    std::vector<std::int64_t> seen;
    testing::literalStream<int>(context, {{1}, std::nullopt, {2}, {3, 4}}) |
        transform([](auto batch, Time t) { return t == Time{3s} ? throw std::runtime_error{"at three"} : batch; }) |
        foreachRDD([&](auto batch) { seen.push_back(batch | count()); });
    context.start();
    clock.advance(4s);
    CHECK(seen == std::vector<std::int64_t>{1, 2});
    try {
        context.awaitTermination();
        FAIL("nothing was thrown");
    } catch (StreamError const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::transform (") != std::string::npos);
        CHECK(text.find("batch 2000 ms") != std::string::npos);
        CHECK(text.find("no RDD") != std::string::npos);
    }
}

TEST_CASE("a batch that f makes of its own runs where the stream does: what stands behind it goes into as many partitions")
{
    using Pairs = std::vector<std::pair<int, int>>;
    Pairs const own{{1, 1}, {2, 1}, {3, 1}, {4, 1}, {1, 1}};
    auto const run = [&](auto const& pipeline) {
        return testing::runBatches<int>({{0}, {1}, {0}},
                                        [&](auto in) {
                                            // Now of the stream's own records, now of others.
                                            return pipeline(in | transform([&own](RDD<int> batch) -> RDD<std::pair<int, int>> {
                                                                if ((batch | collect()).front() == 0) return rdd(own);
                                                                return batch | map([](int x) { return std::pair{x, 1}; });
                                                            }));
                                        },
                                        {.partitions = 3, .master = "local[3]"});
    };
    auto const sizes = run(
        [](auto const& in) { return in | reduceByKey(std::plus{}) | glom() | map([](auto const& part) { return part.empty() ? 0 : 1; }); });
    for (std::size_t i = 0; i < 3; ++i) CHECK((*sizes[i]).size() == 3);

    auto const add = [](int, std::optional<int> value, State<int>& state) {
        state.update(state.getOption().value_or(0) + *value);
        return state.get();
    };
    auto const called = run([&](auto const& in) { return in | mapWithState(StateSpec{add}); });
    auto const sumOf = [](std::vector<int> const& all) { return std::accumulate(all.begin(), all.end(), 0); };
    CHECK(sumOf(*called[0]) == 6);
    CHECK(*called[1] == std::vector{3});
    CHECK(sumOf(*called[2]) == 4 + 5 + 3 * 2);

    auto const states = run([](auto const& in) {
        return in | updateStateByKey([](std::vector<int> const& values, std::optional<int> sum) {
                   return std::optional{std::accumulate(values.begin(), values.end(), sum.value_or(0))};
               });
    });
    auto last = *states[2];
    std::sort(last.begin(), last.end());
    CHECK(last == Pairs{{1, 5}, {2, 2}, {3, 2}, {4, 2}});
}
