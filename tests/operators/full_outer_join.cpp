#include <sluice/operators/full_outer_join.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Maybe = std::optional<int>;
using Joined = std::vector<std::pair<int, std::pair<Maybe, Maybe>>>;

std::vector<Pair> const left{{1, 10}, {2, 20}, {1, 11}};
std::vector<Pair> const right{{3, 30}, {1, 12}, {1, 13}};
Joined const both{{1, {10, 12}}, {1, {10, 13}}, {1, {11, 12}}, {1, {11, 13}}, {2, {20, {}}}, {3, {{}, 30}}};

}  // namespace

TEST_CASE("fullOuterJoin keeps the values of both that have none on the other side")
{
    for (std::size_t n = 1; n <= 3; ++n) CHECK((rdd(left, n) | fullOuterJoin(rdd(right, n)) | collect()) == both);
    CHECK((rdd(left) | fullOuterJoin(rdd(right), 4)).numPartitions() == 4);
}

TEST_CASE("fullOuterJoin with empty batches")
{
    Pairs const none;
    CHECK((rdd(left) | fullOuterJoin(rdd(none)) | collect()) == Joined{{1, {10, {}}}, {1, {11, {}}}, {2, {20, {}}}});
    CHECK((rdd(none) | fullOuterJoin(rdd(right)) | collect()) == Joined{{3, {{}, 30}}, {1, {{}, 12}}, {1, {{}, 13}}});
    CHECK((rdd(none) | fullOuterJoin(rdd(none)) | collect()).empty());
}

TEST_CASE("fullOuterJoin of text that was made on the way")
{
    auto const a = rdd({"Al bo"sv}) | lettersAndWords();
    auto const b = rdd({"aE cC"sv}) | lettersAndWords();
    using Text = std::pair<std::string, std::pair<std::optional<std::string>, std::optional<std::string>>>;
    CHECK((a | fullOuterJoin(b) | collect()) == std::vector<Text>{{"a", {"al", "ae"}}, {"b", {"bo", {}}}, {"c", {{}, "cc"}}});
}

TEST_CASE("fullOuterJoin exchanges nothing that is partitioned alike")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair, Pair>({left}, {right}, [](auto a, auto b) {
                  DStream<Pair> const l = a | partitionBy(ByRemainder{});
                  return l | fullOuterJoin(b, ByRemainder{}) |
                         mapValues([](auto const& p) { return p.first.value_or(0) + p.second.value_or(0); });
              });
              CHECK(*out[0] == Pairs{{3, 30}, {1, 22}, {1, 23}, {1, 23}, {1, 24}, {2, 20}});
          }) == 6);
}

TEST_CASE("fullOuterJoin in streams: whoever runs it; no RDD; other contexts; bad partitioners")
{
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(300, 90), {}}, testing::Batches<Pair>{somePairs(200, 120, 2), {{1, 1}}},
                           [](auto a, auto b) { return a | fullOuterJoin(b, 3); }));
    auto const text = messageOf([] {
        static_cast<void>(testing::runBatches<Pair, Pair>({{}}, {std::nullopt}, [](auto a, auto b) { return a | fullOuterJoin(b); }));
    });
    CHECK(says(text, "sluice::fullOuterJoin ("));
    CHECK(says(text, "there is no RDD of sluice::literalStream"));
    CHECK(says(messageOfContexts<Pair>([](auto a, auto b) { return a | fullOuterJoin(b); }), "different contexts"));
    CHECK(failureOf([] { static_cast<void>(rdd(left) | fullOuterJoin(rdd(right), beyond) | collect()); }).kind == "fullOuterJoin");
}
