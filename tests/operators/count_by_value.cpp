#include <sluice/operators/count_by_value.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

template <class T>
using Counts = std::vector<std::pair<T, std::int64_t>>;
std::vector<int> const numbers{3, 1, 3, 2, 1, 3};

}  // namespace

TEST_CASE("countByValue counts each record, for any number of partitions")
{
    for (std::size_t n = 1; n <= 7; ++n) CHECK((rdd(numbers, n) | countByValue() | collect()) == Counts<int>{{3, 3}, {1, 2}, {2, 1}});
    CHECK((rdd(numbers, 2) | countByValue(ByRemainder{2}) | collect()) == Counts<int>{{2, 1}, {3, 3}, {1, 2}});
    std::vector<int> const none;
    CHECK((rdd(none, 3) | countByValue(4)).numPartitions() == 4);
    CHECK((rdd(none, 3) | countByValue(4) | collect()).empty());
}

TEST_CASE("countByValue of pairs, of text that was made on the way, of text that is moved, and of NaN")
{
    std::vector<Pair> const pairs{{1, 2}, {1, 3}, {1, 2}};
    CHECK((rdd(pairs, 2) | partitionBy(2) | countByValue() | collect()).size() == 2);
    CHECK((rdd({"AA bb"sv, "Bb aa BB"sv}, 2) | map(lower) | flatMap(split()) | countByValue() | collect()) ==
          Counts<std::string>{{"aa", 2}, {"bb", 3}});
    CHECK((rdd({"AA"sv, "aa"sv, "bB"sv}) | map(lower) | countByValue() | collect()) == Counts<std::string>{{"aa", 2}, {"bb", 1}});
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    auto const odd = rdd({nan, 0.0, nan, -0.0}, 2) | countByValue() | collect();
    REQUIRE(odd.size() == 2);
    CHECK(std::isnan(odd[0].first));
    CHECK(odd[0].second == 2);
    CHECK(odd[1].second == 2);
}

TEST_CASE("countByValue's result is partitioned by what was counted")
{
    auto const counts = rdd(numbers, 2) | countByValue(ByRemainder{});
    static_cast<void>(counts | collect());
    CHECK(askedIn([&] { CHECK((counts | reduceByKey(std::plus{}) | collect()) == (counts | collect())); }) == 0);
    CHECK(failureOf([] { static_cast<void>(rdd(numbers) | countByValue(clueless) | collect()); }).kind == "countByValue");
}

TEST_CASE("countByValue in a stream, whoever runs it")
{
    auto const out = testing::runBatches<int>({{1, 1, 2}, {}, std::nullopt}, [](auto in) { return in | countByValue(1); });
    CHECK(out == testing::Batches<std::pair<int, std::int64_t>>{{{1, 2}, {2, 1}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(1000, 200), {}},
                           [](auto in) { return in | map([](int k, int) { return k; }) | countByValue(3); }));
}
