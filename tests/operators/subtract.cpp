#include <sluice/operators/subtract.hpp>
#include <sluice/operators/take.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<int> const left{1, 2, 3, 1, 4, 2, 1};
std::vector<int> const right{3, 4, 5, 3};
constexpr auto keyOf = [](int k, int) { return k; };

}  // namespace

TEST_CASE("subtract leaves the records that the other has not, with their duplicates")
{
    for (std::size_t n = 1; n <= 8; ++n) CHECK((rdd(left, n) | subtract(rdd(right, n)) | collect()) == std::vector{1, 1, 1, 2, 2});
    CHECK((rdd(left) | subtract(rdd(right), ByRemainder{2}) | collect()) == std::vector{2, 2, 1, 1, 1});
    CHECK((rdd(left) | subtract(rdd(right), 4)).numPartitions() == 4);
    CHECK((rdd(left) | subtract(rdd(right)) | take(2)) == std::vector{1, 1});
    CHECK((rdd(left) | subtract(rdd(left)) | collect()).empty());
}

TEST_CASE("subtract with empty batches")
{
    std::vector<int> const none;
    CHECK((rdd(left) | subtract(rdd(none)) | collect()) == std::vector{1, 1, 1, 2, 2, 3, 4});
    CHECK((rdd(none) | subtract(rdd(left)) | collect()).empty());
}

TEST_CASE("subtract of text that was made on the way")
{
    auto const a = rdd({"Al bo"sv, "AL Cc"sv}, 2) | map(lower) | flatMap(split());
    auto const b = rdd({"CC x"sv}) | map(lower) | flatMap(split());
    CHECK((a | subtract(b) | collect()) == std::vector<std::string>{"al", "al", "bo"});
}

TEST_CASE("subtract in streams: whoever runs it; no RDD; other contexts; bad partitioners")
{
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(300, 90), {}}, testing::Batches<Pair>{somePairs(50, 120, 2), {{1, 1}}},
                           [](auto a, auto b) { return a | map(keyOf) | subtract(b | map(keyOf), 3); }));
    auto const text = messageOf(
        [] { static_cast<void>(testing::runBatches<int, int>({{}}, {std::nullopt}, [](auto a, auto b) { return a | subtract(b); })); });
    CHECK(says(text, "sluice::subtract ("));
    CHECK(says(text, "there is no RDD of sluice::literalStream"));
    CHECK(says(messageOfContexts<int>([](auto a, auto b) { return a | subtract(b); }), "different contexts"));
    CHECK(failureOf([] { static_cast<void>(rdd(left) | subtract(rdd(right), beyond) | collect()); }).kind == "subtract");
}
