#include <sluice/operators/cache.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/transform.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Joined = std::vector<std::pair<int, Pair>>;

std::vector<Pair> const left{{1, 10}, {2, 20}, {1, 11}, {4, 40}};
std::vector<Pair> const right{{3, 30}, {1, 12}, {4, 41}, {1, 13}};
Joined const both{{1, {10, 12}}, {1, {10, 13}}, {1, {11, 12}}, {1, {11, 13}}, {4, {40, 41}}};

}  // namespace

TEST_CASE("each value of a key meets each one of the other side, in the order of both")
{
    for (std::size_t n = 1; n <= 3; ++n) {
        for (std::size_t m = 1; m <= 3; ++m) CHECK((rdd(left, n) | join(rdd(right, m)) | collect()) == both);
    }
    CHECK((rdd(left) | join(rdd(right), 4)).numPartitions() == 4);
    CHECK((rdd(left) | join(rdd(right)) | take(2)) == Joined{both[0], both[1]});
}

TEST_CASE("with an empty batch nothing is joined")
{
    Pairs const none;
    CHECK((rdd(left) | join(rdd(none)) | collect()).empty());
    CHECK((rdd(none) | join(rdd(left), 3) | collect()).empty());
}

TEST_CASE("one with itself")
{
    CHECK((rdd(left) | join(rdd(left)) | collect()).size() == 6);
    auto const out = testing::runBatches<Pair>({left}, [](auto in) {
        DStream<Pair> const any = in | mapValues(std::negate{});
        return any | join(any);
    });
    CHECK(*out[0] == Joined{{1, {-10, -10}}, {1, {-10, -11}}, {1, {-11, -10}}, {1, {-11, -11}}, {2, {-20, -20}}, {4, {-40, -40}}});
}

TEST_CASE("keys meet as their common type")
{
    auto const owned = rdd({std::pair{"a key that no string holds by itself"s, 1}}) | map([](auto const& p) { return p; });
    auto const views = rdd({std::pair{"a key that no string holds by itself"sv, 2}});
    CHECK((owned | join(views) | collect()) == std::vector<std::pair<std::string, Pair>>{{"a key that no string holds by itself", {1, 2}}});
    CHECK((rdd({std::pair{-7L, 1}}) | join(rdd({Pair{-7, 2}}), 5) | collect()) == std::vector<std::pair<long, Pair>>{{-7, {1, 2}}});
}

TEST_CASE("text that was made on the way is kept for as long as the result")
{
    auto const a = rdd({"Al bo"sv, "AD"sv}, 2) | lettersAndWords();
    auto const b = rdd({"aE cC"sv}) | lettersAndWords();
    using Text = std::pair<std::string, std::pair<std::string, std::string>>;
    CHECK((a | join(b) | collect()) == std::vector<Text>{{"a", {"al", "ae"}}, {"a", {"ad", "ae"}}});
}

TEST_CASE("what is partitioned alike is not exchanged, and a join's result is partitioned by its key")
{
    auto const a = rdd(left, 2) | reduceByKey(std::plus{}, ByRemainder{});
    auto const b = rdd(right, 2) | partitionBy(ByRemainder{}) | filter([](int, int x) { return x != 13; });
    static_cast<void>(a | collect());
    static_cast<void>(b | collect());
    Joined const expected{{1, {21, 12}}, {4, {40, 41}}};
    CHECK(askedIn([&] { CHECK((a | join(b) | collect()) == expected); }) == 0);
    CHECK(askedIn([&] {
              auto const sums =
                  a | join(b, ByRemainder{}) | mapValues([](Pair p) { return p.first + p.second; }) | reduceByKey(std::plus{});
              CHECK((sums | collect()) == Pairs{{1, 33}, {4, 81}});
              CHECK(sums.numPartitions() == 3);
          }) == 0);
    CHECK(askedIn([&] { CHECK((a | join(rdd(right), ByRemainder{}) | collect()).size() == 3); }) == 4);
    CHECK(askedIn([&] { CHECK((a | join(b, ByRemainder{2}) | collect()).size() == 2); }) == 6);
}

TEST_CASE("streams are joined batch by batch, across borders and caches without exchange")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair, Pair>({left, {}, left}, {right, right, {}}, [](auto a, auto b) {
                  DStream<Pair> const l = a | partitionBy(ByRemainder{}) | cache();
                  DStream<Pair> const r = b | partitionBy(ByRemainder{});
                  return l | join(r | mapValues([](int x) { return x; }));
              });
              CHECK(out == testing::Batches<std::pair<int, Pair>>{both, {}, {}});
          }) == 16);
}

TEST_CASE("content and order do not depend on who runs it")
{
    testing::Batches<Pair> const a{somePairs(500, 100), {}, somePairs(10, 3)};
    testing::Batches<Pair> const b{somePairs(300, 150, 2), somePairs(10, 5, 3), {}};
    CHECK(sameOnAllMasters(a, b, [](auto x, auto y) { return x | join(y, 3); }));
    CHECK(sameOnAllMasters(a, b, [](auto x, auto y) { return x | join(y | partitionBy(5)); }));
}

TEST_CASE("a batch that there is not fails the batch, and both are named")
{
    auto const run = [](testing::Batches<Pair> a, testing::Batches<Pair> b) {
        return messageOf([&] { static_cast<void>(testing::runBatches<Pair, Pair>(a, b, [](auto x, auto y) { return x | join(y); })); });
    };
    for (auto const& text : {run({{}}, {std::nullopt}), run({std::nullopt}, {{}})}) {
        CHECK(says(text, "sluice::join ("));
        CHECK(says(text, "there is no RDD of sluice::literalStream"));
    }
}

TEST_CASE("streams of different contexts are refused at the call")
{
    CHECK(says(messageOfContexts<Pair>([](auto a, auto b) { return a | join(b); }), "different contexts"));
}

TEST_CASE("a partitioner that answers no partition, or throws, fails the batch")
{
    CHECK(failureOf([] { static_cast<void>(rdd(left) | join(rdd(right), beyond) | collect()); }).kind == "join");
    CHECK(failureOf([] { static_cast<void>(rdd(left) | join(rdd(right), clueless) | collect()); }).cause == "no idea");
}

TEST_CASE("a stream is joined with a table in transform")
{
    auto const table = rdd(right);
    auto const out =
        testing::runBatches<Pair>({left, {}}, [&](auto in) { return in | transform([table](auto batch) { return batch | join(table); }); });
    CHECK(out == testing::Batches<std::pair<int, Pair>>{both, {}});
}

TEST_CASE("a table that is named first is joined on the context's workers, too")
{
    RDD<Pair> const table = rdd(right);
    std::size_t partitions = 0;
    auto const out = testing::runBatches<Pair>({left},
                                               [&](auto in) {
                                                   return in | transform([&, table](auto batch) {
                                                              auto const joined = table | join(batch);
                                                              partitions = joined.numPartitions();
                                                              return joined;
                                                          });
                                               },
                                               {.partitions = 3, .master = "local[3]"});
    CHECK((*out[0]).size() == 5);
    CHECK(partitions == 3);
}
