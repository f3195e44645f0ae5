#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/right_outer_join.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Maybe = std::optional<int>;
using Joined = std::vector<std::pair<int, std::pair<Maybe, int>>>;

std::vector<Pair> const left{{1, 10}, {2, 20}, {1, 11}};
std::vector<Pair> const right{{3, 30}, {1, 12}, {1, 13}};
Joined const both{{1, {10, 12}}, {1, {10, 13}}, {1, {11, 12}}, {1, {11, 13}}, {3, {{}, 30}}};

}  // namespace

TEST_CASE("rightOuterJoin keeps the values of the right that have none on the left")
{
    for (std::size_t n = 1; n <= 3; ++n) CHECK((rdd(left, n) | rightOuterJoin(rdd(right, n)) | collect()) == both);
    CHECK((rdd(left) | rightOuterJoin(rdd(right), 4)).numPartitions() == 4);
}

TEST_CASE("rightOuterJoin with empty batches")
{
    Pairs const none;
    CHECK((rdd(none) | rightOuterJoin(rdd(right)) | collect()) == Joined{{3, {{}, 30}}, {1, {{}, 12}}, {1, {{}, 13}}});
    CHECK((rdd(left) | rightOuterJoin(rdd(none)) | collect()).empty());
}

TEST_CASE("rightOuterJoin of text that was made on the way")
{
    auto const a = rdd({"Al bo"sv}) | lettersAndWords();
    auto const b = rdd({"aE cC"sv}) | lettersAndWords();
    using Text = std::pair<std::string, std::pair<std::optional<std::string>, std::string>>;
    CHECK((a | rightOuterJoin(b) | collect()) == std::vector<Text>{{"a", {"al", "ae"}}, {"c", {{}, "cc"}}});
}

TEST_CASE("rightOuterJoin exchanges nothing that is partitioned alike")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair, Pair>({left}, {right}, [](auto a, auto b) {
                  DStream<Pair> const l = a | partitionBy(ByRemainder{});
                  return l | rightOuterJoin(b, ByRemainder{}) | mapValues([](auto const& p) { return p.first.value_or(0) + p.second; });
              });
              CHECK(*out[0] == Pairs{{3, 30}, {1, 22}, {1, 23}, {1, 23}, {1, 24}});
          }) == 6);
}

TEST_CASE("rightOuterJoin in streams: whoever runs it; no RDD; other contexts; bad partitioners")
{
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(300, 90), {}}, testing::Batches<Pair>{somePairs(200, 120, 2), {{1, 1}}},
                           [](auto a, auto b) { return a | rightOuterJoin(b, 3); }));
    auto const text = messageOf([] {
        static_cast<void>(testing::runBatches<Pair, Pair>({{}}, {std::nullopt}, [](auto a, auto b) { return a | rightOuterJoin(b); }));
    });
    CHECK(says(text, "sluice::rightOuterJoin ("));
    CHECK(says(text, "there is no RDD of sluice::literalStream"));
    CHECK(says(messageOfContexts<Pair>([](auto a, auto b) { return a | rightOuterJoin(b); }), "different contexts"));
    CHECK(failureOf([] { static_cast<void>(rdd(left) | rightOuterJoin(rdd(right), beyond) | collect()); }).kind == "rightOuterJoin");
}
