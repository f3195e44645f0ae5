#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/subtract_by_key.hpp>
#include <sluice/operators/take.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <span>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<Pair> const left{{1, 10}, {2, 20}, {3, 30}, {1, 11}, {2, 20}};
std::vector<std::pair<int, char>> const right{{3, 'x'}, {5, 'y'}};

}  // namespace

TEST_CASE("subtractByKey leaves the pairs whose key the other has not, those of one key together")
{
    for (std::size_t n = 1; n <= 6; ++n) {
        CHECK((rdd(left, n) | subtractByKey(rdd(right, n)) | collect()) == Pairs{{1, 10}, {1, 11}, {2, 20}, {2, 20}});
    }
    CHECK((rdd(left) | subtractByKey(rdd(right), 4)).numPartitions() == 4);
    CHECK((rdd(left) | subtractByKey(rdd(right)) | take(3)) == Pairs{{1, 10}, {1, 11}, {2, 20}});
    CHECK((rdd(left) | subtractByKey(rdd(left)) | collect()).empty());
}

TEST_CASE("subtractByKey with empty batches")
{
    Pairs const none;
    CHECK((rdd(left) | subtractByKey(rdd(none)) | collect()).size() == 5);
    CHECK((rdd(none) | subtractByKey(rdd(left)) | collect()).empty());
}

TEST_CASE("subtractByKey of keys of a common type, and of text that was made on the way")
{
    auto const owned =
        rdd({std::pair{"a key that no string holds by itself"s, 1}, std::pair{"b"s, 2}}) | map([](auto const& p) { return p; });
    auto const views = rdd({std::pair{"b"sv, 2}});
    CHECK((owned | subtractByKey(views) | collect()) ==
          std::vector<std::pair<std::string, int>>{{"a key that no string holds by itself", 1}});
    auto const a = rdd({"Al bo"sv, "AD Cc"sv}, 2) | lettersAndWords();
    auto const b = rdd({"CC bO"sv}) | lettersAndWords();
    CHECK((a | subtractByKey(b) | collect()) == std::vector<std::pair<std::string, std::string>>{{"a", "al"}, {"a", "ad"}});
}

TEST_CASE("subtractByKey takes any values on the other side")
{
    auto const unique = rdd(right) | mapValues([](char c) { return std::make_unique<char>(c); });
    CHECK((rdd(left) | subtractByKey(unique) | collect()).size() == 4);
    auto const views = rdd(right) | mapValues([](char) { return std::span<Pair const>(left); });
    CHECK((rdd(left) | subtractByKey(views) | collect()).size() == 4);
}

TEST_CASE("subtractByKey exchanges nothing that is partitioned alike, and its result is partitioned by key")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair, Pair>({left}, {{{3, 1}}}, [](auto a, auto b) {
                  DStream<Pair> const l = a | partitionBy(ByRemainder{});
                  return l | subtractByKey(b, ByRemainder{}) | reduceByKey(std::plus{});
              });
              CHECK(*out[0] == Pairs{{1, 21}, {2, 40}});
          }) == 6);
}

TEST_CASE("subtractByKey in streams: whoever runs it; no RDD; other contexts; bad partitioners")
{
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(300, 90), {}}, testing::Batches<Pair>{somePairs(50, 120, 2), {{1, 1}}},
                           [](auto a, auto b) { return a | subtractByKey(b, 3); }));
    auto const text = messageOf([] {
        static_cast<void>(testing::runBatches<Pair, Pair>({{}}, {std::nullopt}, [](auto a, auto b) { return a | subtractByKey(b); }));
    });
    CHECK(says(text, "sluice::subtractByKey ("));
    CHECK(says(text, "there is no RDD of sluice::literalStream"));
    CHECK(says(messageOfContexts<Pair>([](auto a, auto b) { return a | subtractByKey(b); }), "different contexts"));
    CHECK(failureOf([] { static_cast<void>(rdd(left) | subtractByKey(rdd(right), beyond) | collect()); }).kind == "subtractByKey");
}
