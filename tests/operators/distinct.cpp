#include <sluice/operators/distinct.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/take.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<int> const numbers{3, 1, 3, 2, 1, 3};

}  // namespace

TEST_CASE("distinct leaves each record once, in the order of first occurrence, for any number of partitions")
{
    for (std::size_t n = 1; n <= 7; ++n) CHECK((rdd(numbers, n) | distinct() | collect()) == std::vector{3, 1, 2});
    CHECK((rdd(numbers, 2) | distinct(ByRemainder{2}) | collect()) == std::vector{2, 3, 1});
    CHECK((rdd(numbers, 2) | distinct() | take(2)) == std::vector{3, 1});
    CHECK(obeysErasureLaw(distinct(), numbers));
    std::vector<int> const none;
    CHECK((rdd(none, 3) | distinct(4)).numPartitions() == 4);
    CHECK((rdd(none, 3) | distinct(4) | collect()).empty());
}

TEST_CASE("distinct keeps text that was made on the way, and moves text that owns")
{
    auto const words = rdd({"AA bb"sv, "Bb aa cC"sv}, 2) | map(lower);
    CHECK((words | flatMap(split()) | distinct() | collect()) == std::vector<std::string>{"aa", "bb", "cc"});
    CHECK((words | distinct() | collect()) == std::vector<std::string>{"aa bb", "bb aa cc"});
}

TEST_CASE("pairs that are distinct are not where their keys belong: the next operator by key exchanges them")
{
    std::vector<Pair> pairs;
    for (int i = 0; i < 60; ++i) pairs.emplace_back(i % 5, i % 12);
    auto const sums = rdd(pairs, 3) | distinct(4) | reduceByKey(std::plus{}, 4) | collect();
    CHECK(sums.size() == 5);
    for (auto const& [key, sum] : sums) CHECK(sum == 66);
}

TEST_CASE("a partitioner that throws fails distinct")
{
    auto const failure = failureOf([] { static_cast<void>(rdd(numbers) | distinct(clueless) | collect()); });
    CHECK(failure.kind == "distinct");
    CHECK(failure.cause == "no idea");
}

TEST_CASE("distinct in a stream, whoever runs it")
{
    auto const out = testing::runBatches<int>({{1, 1, 2}, {}, std::nullopt}, [](auto in) { return in | distinct(1); });
    CHECK(out == testing::Batches<int>{{1, 2}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(1000, 200), {}},
                           [](auto in) { return in | map([](int k, int) { return k; }) | distinct(3); }));
}
