#include <sluice/operators/intersection.hpp>
#include <sluice/operators/take.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<int> const left{4, 2, 3, 4, 1, 2, 6};
std::vector<int> const right{3, 4, 5, 3, 6};
constexpr auto keyOf = [](int k, int) { return k; };

}  // namespace

TEST_CASE("intersection leaves what both have, each record once")
{
    for (std::size_t n = 1; n <= 8; ++n) CHECK((rdd(left, n) | intersection(rdd(right, n)) | collect()) == std::vector{4, 3, 6});
    CHECK((rdd(left) | intersection(rdd(right), ByRemainder{2}) | collect()) == std::vector{4, 6, 3});
    CHECK((rdd(left) | intersection(rdd(right), 5)).numPartitions() == 5);
    CHECK((rdd(left) | intersection(rdd(right)) | take(2)) == std::vector{4, 3});
    CHECK((rdd(left) | intersection(rdd(left)) | collect()) == std::vector{4, 2, 3, 1, 6});
}

TEST_CASE("intersection with empty batches is empty")
{
    std::vector<int> const none;
    CHECK((rdd(left) | intersection(rdd(none)) | collect()).empty());
    CHECK((rdd(none) | intersection(rdd(left)) | collect()).empty());
}

TEST_CASE("intersection of text that was made on the way")
{
    auto const a = rdd({"Al bo"sv, "AL Cc"sv}, 2) | map(lower) | flatMap(split());
    auto const b = rdd({"CC al"sv}) | map(lower) | flatMap(split());
    CHECK((a | intersection(b) | collect()) == std::vector<std::string>{"al", "cc"});
}

TEST_CASE("intersection in streams: whoever runs it; no RDD; other contexts; bad partitioners")
{
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(300, 90), {}}, testing::Batches<Pair>{somePairs(50, 120, 2), {{1, 1}}},
                           [](auto a, auto b) { return a | map(keyOf) | intersection(b | map(keyOf), 3); }));
    auto const text = messageOf(
        [] { static_cast<void>(testing::runBatches<int, int>({{}}, {std::nullopt}, [](auto a, auto b) { return a | intersection(b); })); });
    CHECK(says(text, "sluice::intersection ("));
    CHECK(says(text, "there is no RDD of sluice::literalStream"));
    CHECK(says(messageOfContexts<int>([](auto a, auto b) { return a | intersection(b); }), "different contexts"));
    CHECK(failureOf([] { static_cast<void>(rdd(left) | intersection(rdd(right), beyond) | collect()); }).kind == "intersection");
}
