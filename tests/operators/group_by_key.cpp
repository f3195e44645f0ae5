#include <sluice/operators/cache.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/group_by_key.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Groups = std::vector<std::pair<int, std::vector<int>>>;
std::vector<Pair> const pairs{{1, 1}, {2, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}};

template <class P>
constexpr bool accepts = detail::ValuesByKey<detail::GroupByKey, detail::ByHash>::accepts<detail::Slices<P>>;
static_assert(accepts<Pair> && !accepts<int> && !accepts<std::pair<char const*, int>>);
static_assert(!accepts<std::pair<int, std::unique_ptr<int>>>, "what lies in a batch is copied");

}  // namespace

TEST_CASE("values stand side by side, keys in the order of their first occurrence, for any number of partitions")
{
    for (std::size_t from = 1; from <= 6; ++from) {
        CHECK((rdd(pairs, from) | groupByKey() | collect()) == Groups{{1, {1, 3, 4, 6}}, {2, {2, 5}}});
        CHECK((rdd(pairs, from) | groupByKey(ByRemainder{2}) | collect()) == Groups{{2, {2, 5}}, {1, {1, 3, 4, 6}}});
    }
}

TEST_CASE("an empty batch stays empty, in as many partitions as were asked for")
{
    Pairs const none;
    CHECK((rdd(none, 2) | groupByKey(4)).numPartitions() == 4);
    CHECK((rdd(none, 2) | groupByKey(4) | collect()).empty());
}

TEST_CASE("groups of text that was made on the way are kept for as long as the result")
{
    auto const out = rdd({"Al bo AC"sv, "ad Bi"sv}, 2) | lettersAndWords() | groupByKey();
    using Words = std::pair<std::string, std::vector<std::string>>;
    CHECK((out | collect()) == std::vector<Words>{{"a", {"al", "ac", "ad"}}, {"b", {"bo", "bi"}}});
}

TEST_CASE("values that are moved alone are moved out of what is made on the way")
{
    auto const out = rdd(pairs, 3) | mapValues([](int x) { return std::make_unique<int>(x); }) | groupByKey(2) |
                     mapValues([](auto const& group) { return *group.front() * 100 + *group.back(); });
    CHECK((rdd(out | collect()) | groupByKey() | collect()).size() == 2);
    for (auto const& [key, ends] : out | collect()) CHECK(ends == (key == 1 ? 106 : 205));
}

TEST_CASE("what is partitioned alike is not exchanged again, on this side of a border and on the other")
{
    auto const out = testing::runBatches<Pair>({pairs}, [](auto in) {
        DStream<Pair> const parts = in | partitionBy(ByRemainder{}) | mapValues([](int x) { return 2 * x; }) | cache();
        return parts | filter([](int, int x) { return x != 8; }) | groupByKey(ByRemainder{});
    });
    CHECK(*out[0] == Groups{{1, {2, 6, 12}}, {2, {4, 10}}});

    RDD<Pair> const parts = rdd(pairs, 3) | partitionBy(ByRemainder{});
    static_cast<void>(parts | collect());
    CHECK(askedIn([&] { CHECK((parts | groupByKey(ByRemainder{}) | collect()).size() == 2); }) == 0);
    CHECK(askedIn([&] {
              CHECK((parts | map([](int k, int v) { return Pair{k, v}; }) | groupByKey(ByRemainder{}) | collect()).size() == 2);
          }) == 2);  // once for each key of a partition
}

TEST_CASE("in a stream a partitioner is asked once for each record")
{
    CHECK(askedIn([] {
              static_cast<void>(testing::runBatches<Pair>({pairs, {}, pairs}, [](auto in) {
                  DStream<Pair> const parts = in | partitionBy(ByRemainder{});
                  return parts | mapValues([](int x) { return x + 1; }) | groupByKey() | groupByKey();
              }));
          }) == 12);
}

TEST_CASE("a partitioner that answers no partition, or throws, fails the batch")
{
    auto const failure = failureOf([] { static_cast<void>(rdd(pairs, 2) | groupByKey(beyond) | collect()); });
    CHECK(failure.kind == "groupByKey");
    CHECK(failure.partition == 0);
    CHECK(says(messageOf([] { static_cast<void>(rdd(pairs, 2) | groupByKey(beyond) | collect()); }), "partition 2 of 2"));
    CHECK(failureOf([] { static_cast<void>(rdd(pairs, 2) | groupByKey(clueless) | collect()); }).cause == "no idea");
}

TEST_CASE("in a stream every batch is grouped by itself, and whoever runs it gives the same")
{
    auto const out = testing::runBatches<Pair>({{{1, 1}, {1, 2}}, {}, std::nullopt}, [](auto in) { return in | groupByKey(); });
    CHECK(out == testing::Batches<Groups::value_type>{{{1, {1, 2}}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(2000, 300), {}}, [](auto in) { return in | groupByKey(3); }));
}
