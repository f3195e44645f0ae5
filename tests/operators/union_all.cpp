#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/union_all.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("the records of all streams stand one after another")
{
    auto const out = testing::runBatches<int, int>({{1, 2}, {}}, {{3}, {4}},
                                                   [](auto a, auto b) { return unionAll(a, b | map([](int x) { return 10 * x; }), a); });
    CHECK(out == testing::Batches<int>{{1, 2, 30, 1, 2}, {40}});
    CHECK(testing::runBatches<int>({{1}}, [](auto in) { return unionAll(in); }) == testing::Batches<int>{{1}});
}

TEST_CASE("more streams than unionWith takes")
{
    auto const out = testing::runBatches<int>({{1}}, [](auto in) { return unionAll(in, in, in, in, in, in, in); });
    CHECK(out == testing::Batches<int>{{1, 1, 1, 1, 1, 1, 1}});
}

TEST_CASE("the number of streams may be known at run time alone, and exchanges stand on it")
{
    for (std::size_t const n : {1U, 2U, 5U}) {
        auto const out = testing::runBatches<int>({{1, 2, 1}, {}}, [n](auto in) {
            std::vector<DStream<int>> const streams(n, DStream<int>{in});
            return unionAll(streams) | map([](int x) { return std::pair{x, 1}; }) | reduceByKey(std::plus{}, 1);
        });
        auto const times = static_cast<int>(n);
        CHECK(out == testing::Batches<std::pair<int, int>>{{{1, 2 * times}, {2, times}}, {}});
    }
}

TEST_CASE("batches are united, too")
{
    auto const all = unionAll(rdd({1}), rdd({2, 3}, 2), rdd({4}));
    CHECK(all.numPartitions() == 4);
    CHECK((all | collect()) == std::vector{1, 2, 3, 4});
}

TEST_CASE("an empty list and streams of several contexts are refused; no RDD of one is an error")
{
    CHECK_THROWS_WITH_AS(static_cast<void>(unionAll(std::vector<DStream<int>>{})), doctest::Contains("the list of streams is empty"),
                         InvalidArgument);
    IntervalClock one{1s};
    IntervalClock other{1s};
    std::vector<DStream<int>> const mixed{testing::literalStream<int>(one, {}), testing::literalStream<int>(other, {})};
    CHECK_THROWS_WITH_AS(static_cast<void>(unionAll(mixed)), doctest::Contains("the streams belong to different contexts"),
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(static_cast<void>(testing::runBatches<int, int>(
                             {{1}}, {std::nullopt}, [](auto a, auto b) { return unionAll(std::vector<DStream<int>>{a, b}); })),
                         doctest::Contains("there is no RDD of"), StreamError);
}
