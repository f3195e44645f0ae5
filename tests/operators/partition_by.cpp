#include <sluice/operators/cache.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<Pair> const pairs{{1, 1}, {2, 2}, {3, 3}, {1, 4}, {2, 5}, {4, 6}};

}  // namespace

TEST_CASE("records stand where their keys belong, in the order of partitions and positions")
{
    for (std::size_t from = 1; from <= 6; ++from) {
        auto const parts = rdd(pairs, from) | partitionBy(ByRemainder{});
        CHECK(parts.numPartitions() == 3);
        CHECK((parts | collect()) == Pairs{{3, 3}, {1, 1}, {1, 4}, {4, 6}, {2, 2}, {2, 5}});
    }
    CHECK((rdd(pairs) | partitionBy(HashPartitioner{5})).numPartitions() == 5);
}

TEST_CASE("what is partitioned so already is not moved, nor is its partitioner asked")
{
    auto const parts = rdd(pairs, 2) | partitionBy(ByRemainder{});
    static_cast<void>(parts | collect());
    CHECK(askedIn([&] { CHECK((parts | partitionBy(ByRemainder{}) | collect()) == (parts | collect())); }) == 0);
    CHECK(askedIn([&] { CHECK((parts | partitionBy(ByRemainder{2}) | collect()).size() == 6); }) == 6);
}

TEST_CASE("reduceByKey behind it exchanges nothing, across borders, narrow operators that keep keys, and cache")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({pairs, pairs}, [](auto in) {
                  DStream<Pair> const parts = in | partitionBy(ByRemainder{}) | filter([](int k, int) { return k < 4; }) | cache();
                  DStream<Pair> const halves = parts | mapValues([](int x) { return x / 2; });
                  return halves | reduceByKey(std::plus{}) | reduceByKey(std::plus{}, ByRemainder{});
              });
              CHECK(out == testing::Batches<Pair>{{{3, 1}, {1, 2}, {2, 3}}, {{3, 1}, {1, 2}, {2, 3}}});
          }) == 12);
}

TEST_CASE("text that was made on the way is kept")
{
    auto const out = rdd({"Al bo AC"sv, "ad Bi"sv}, 2) | lettersAndWords() | partitionBy(1);
    CHECK((out | collect()) ==
          std::vector<std::pair<std::string, std::string>>{{"a", "al"}, {"b", "bo"}, {"a", "ac"}, {"a", "ad"}, {"b", "bi"}});
}

TEST_CASE("a partitioner that answers no partition, or throws, fails the batch")
{
    CHECK(failureOf([] { static_cast<void>(rdd(pairs, 2) | partitionBy(beyond) | collect()); }).kind == "partitionBy");
    CHECK(failureOf([] { static_cast<void>(rdd(pairs, 2) | partitionBy(clueless) | collect()); }).cause == "no idea");
    CHECK_THROWS_AS(static_cast<void>(partitionBy(ByRemainder{0})), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(partitionBy(-2)), InvalidArgument);
}

TEST_CASE("every batch of a stream is partitioned, no RDD stays none, and whoever runs it gives the same")
{
    auto const out =
        testing::runBatches<Pair>({{{1, 1}, {2, 2}, {1, 3}}, {}, std::nullopt}, [](auto in) { return in | partitionBy(ByRemainder{2}); });
    CHECK(out == testing::Batches<Pair>{{{2, 2}, {1, 1}, {1, 3}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(1000, 90), {}}, [](auto in) { return in | partitionBy(3); }));
}
