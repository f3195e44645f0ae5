#include <sluice/operators/left_outer_join.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Maybe = std::optional<int>;
using Joined = std::vector<std::pair<int, std::pair<int, Maybe>>>;

std::vector<Pair> const left{{1, 10}, {2, 20}, {1, 11}};
std::vector<Pair> const right{{3, 30}, {1, 12}, {1, 13}};
Joined const both{{1, {10, 12}}, {1, {10, 13}}, {1, {11, 12}}, {1, {11, 13}}, {2, {20, {}}}};

}  // namespace

TEST_CASE("leftOuterJoin keeps the values of the left that have none on the right")
{
    for (std::size_t n = 1; n <= 3; ++n) CHECK((rdd(left, n) | leftOuterJoin(rdd(right, n)) | collect()) == both);
    CHECK((rdd(left) | leftOuterJoin(rdd(right), 4)).numPartitions() == 4);
}

TEST_CASE("leftOuterJoin with empty batches")
{
    Pairs const none;
    CHECK((rdd(left) | leftOuterJoin(rdd(none)) | collect()) == Joined{{1, {10, {}}}, {1, {11, {}}}, {2, {20, {}}}});
    CHECK((rdd(none) | leftOuterJoin(rdd(right)) | collect()).empty());
}

TEST_CASE("leftOuterJoin of text that was made on the way")
{
    auto const a = rdd({"Al bo"sv}) | lettersAndWords();
    auto const b = rdd({"aE cC"sv}) | lettersAndWords();
    using Text = std::pair<std::string, std::pair<std::string, std::optional<std::string>>>;
    CHECK((a | leftOuterJoin(b) | collect()) == std::vector<Text>{{"a", {"al", "ae"}}, {"b", {"bo", {}}}});
}

TEST_CASE("leftOuterJoin exchanges nothing that is partitioned alike")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair, Pair>({left}, {right}, [](auto a, auto b) {
                  DStream<Pair> const l = a | partitionBy(ByRemainder{});
                  return l | leftOuterJoin(b, ByRemainder{}) | mapValues([](auto const& p) { return p.first + p.second.value_or(0); });
              });
              CHECK(*out[0] == Pairs{{1, 22}, {1, 23}, {1, 23}, {1, 24}, {2, 20}});
          }) == 6);
}

TEST_CASE("leftOuterJoin in streams: whoever runs it; no RDD; other contexts; bad partitioners")
{
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(300, 90), {}}, testing::Batches<Pair>{somePairs(200, 120, 2), {{1, 1}}},
                           [](auto a, auto b) { return a | leftOuterJoin(b, 3); }));
    auto const text = messageOf([] {
        static_cast<void>(testing::runBatches<Pair, Pair>({{}}, {std::nullopt}, [](auto a, auto b) { return a | leftOuterJoin(b); }));
    });
    CHECK(says(text, "sluice::leftOuterJoin ("));
    CHECK(says(text, "there is no RDD of sluice::literalStream"));
    CHECK(says(messageOfContexts<Pair>([](auto a, auto b) { return a | leftOuterJoin(b); }), "different contexts"));
    CHECK(failureOf([] { static_cast<void>(rdd(left) | leftOuterJoin(rdd(right), beyond) | collect()); }).kind == "leftOuterJoin");
}
