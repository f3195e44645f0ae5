#include <sluice/operators/sort_by.hpp>
#include <sluice/operators/take.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

constexpr auto itself = [](auto const& x) { return x; };

/// The records of each partition.
template <class Batch>
auto partsOf(Batch const& batch)
{
    auto const& node = batch.node();
    node.prepare();
    std::vector<std::vector<typename Batch::Value>> parts;
    for (std::size_t p = 0; p < node.partitions(); ++p) {
        detail::CollectSink<typename Batch::Value> part;
        node.each(p, 0, part);
        parts.push_back(std::move(part).take());
    }
    return parts;
}

Pairs stablySorted(Pairs pairs, bool ascending)
{
    std::stable_sort(pairs.begin(), pairs.end(), [=](Pair a, Pair b) { return ascending ? a.first < b.first : b.first < a.first; });
    return pairs;
}

}  // namespace

TEST_CASE("sortBy agrees with a stable sort, for any number of partitions on both sides, rising and falling")
{
    for (unsigned seed = 1; seed <= 30; ++seed) {
        auto const pairs = somePairs(static_cast<int>(seed * seed % 200), static_cast<int>(1 + seed * 7 % 50), seed);
        for (std::size_t const from : {1U, 2U, 5U}) {
            for (std::size_t const to : {1U, 2U, 7U}) {
                CHECK((rdd(pairs, from) | sortBy(&Pair::first, true, to) | collect()) == stablySorted(pairs, true));
                CHECK((rdd(pairs, from) | sortBy(&Pair::first, false, to) | collect()) == stablySorted(pairs, false));
            }
        }
    }
}

TEST_CASE("sortBy puts equal records into one partition, and no partition has more than about twice its share")
{
    auto const pairs = somePairs(4000, 1000);
    auto const parts = partsOf(rdd(pairs, 4) | sortBy(&Pair::first, true, 5));
    REQUIRE(parts.size() == 5);
    for (std::size_t p = 0; p < 5; ++p) {
        CHECK(parts[p].size() > 200);
        CHECK(parts[p].size() < 1700);
        if (p > 0) CHECK(parts[p - 1].back().first < parts[p].front().first);
    }
    auto const skewed = partsOf(rdd(std::vector<int>(100, 7), 3) | sortBy(itself, true, 4));
    CHECK(std::count_if(skewed.begin(), skewed.end(), [](auto const& part) { return part.empty(); }) == 3);

    // Runs that are sorted already, of very different size.
    std::vector<int> numbers(3000);
    for (int i = 0; i < 3000; ++i) numbers[static_cast<std::size_t>(i)] = i;
    for (auto const& part : partsOf(rdd(numbers, 3) | sortBy(itself, false, 3))) CHECK(part.size() < 2000);
}

TEST_CASE("sortBy makes as many partitions as there were, or as are asked for")
{
    CHECK((rdd({3, 1, 2}, 2) | sortBy(itself)).numPartitions() == 2);
    CHECK((rdd({3, 1, 2}, 2) | sortBy(itself, true, 6)).numPartitions() == 6);
    CHECK((rdd({3, 1, 2}, 2) | sortBy(itself, true, 6) | collect()) == std::vector{1, 2, 3});
    CHECK((rdd({3, 1, 2}, 2) | sortBy(itself, false) | take(2)) == std::vector{3, 2});
    std::vector<int> const none;
    CHECK((rdd(none, 3) | sortBy(itself) | collect()).empty());
    CHECK((rdd(none, 3) | sortBy(itself)).numPartitions() == 3);
}

TEST_CASE("sortBy calls f once for each record")
{
    std::atomic<int> calls = 0;
    auto const sorted = rdd(somePairs(50, 9), 3) | sortBy([&](int k, int) {
                            ++calls;
                            return k;
                        });
    CHECK((sorted | collect()) == stablySorted(somePairs(50, 9), true));
    CHECK(calls == 50);
}

TEST_CASE("NaN stands behind all numbers, also in pairs; falling, before them")
{
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    auto const rising = rdd({nan, 2.0, -1.0, nan, 1.0}, 2) | sortBy(itself, true, 2) | collect();
    CHECK(std::vector(rising.begin(), rising.begin() + 3) == std::vector{-1.0, 1.0, 2.0});
    CHECK(std::isnan(rising[3]));
    auto const falling = rdd({1.0, nan, 2.0}) | sortBy(itself, false) | collect();
    CHECK(std::isnan(falling[0]));
    CHECK(falling[1] == 2.0);
    auto const pairs = rdd({std::pair{1, nan}, std::pair{1, 1.0}, std::pair{0, nan}}) | sortBy(itself) | collect();
    CHECK(pairs[0].first == 0);
    CHECK(pairs[1].second == 1.0);
}

TEST_CASE("sortBy keeps text that was made on the way, and keys that look into records that are moved")
{
    auto const words = rdd({"Oak elm"sv, "ASH Fir"sv, "YEW"sv}, 2) | map(lower);
    std::vector<std::string> const expected{"ash", "elm", "fir", "oak", "yew"};
    CHECK((words | flatMap(split()) | sortBy(itself) | collect()) == expected);
    auto const owned = words | flatMap(split()) | map([](std::string_view word) { return std::string{word}; });
    CHECK((owned | sortBy([](std::string_view word) { return word; }, true, 3) | collect()) == expected);
    auto const unique = rdd({3, 1, 2}, 2) | map([](int x) { return std::make_unique<int>(x); }) | sortBy([](auto const& x) { return *x; }) |
                        map([](auto const& x) { return *x; });
    CHECK((unique | collect()) == std::vector{1, 2, 3});
    CHECK((rdd({3, 1, 2, 4}, 2) | sortBy([](int x) { return x % 2 == 0; }) | collect()) == std::vector{3, 1, 2, 4});
}

TEST_CASE("what f throws, or a comparison, fails the batch, and it runs anew")
{
    std::atomic<bool> bad = true;
    auto const sorted = rdd({3, 1, 2}, 3) | sortBy([&](int x) { return bad && x == 2 ? throw std::runtime_error{"two"} : x; });
    auto const failure = failureOf([&] { static_cast<void>(sorted | collect()); });
    CHECK(failure.kind == "sortBy");
    CHECK(failure.cause == "two");
    CHECK(failure.partition == 2);
    bad = false;
    CHECK((sorted | collect()) == std::vector{1, 2, 3});

    struct Moody {
        int x;
        bool operator<(Moody other) const { return other.x == 9 ? throw std::runtime_error{"nine"} : x < other.x; }
    };
    for (std::size_t const n : {1U, 3U}) {
        auto const moody = failureOf([n] { static_cast<void>(rdd({9, 8, 7}, n) | sortBy([](int x) { return Moody{x}; }) | collect()); });
        CHECK(moody.kind == "sortBy");
        CHECK(moody.cause == "nine");
    }
}

TEST_CASE("sortBy in a stream, whoever runs it")
{
    auto const out = testing::runBatches<int>({{3, 1, 2}, {}, std::nullopt, {5, 4}}, [](auto in) { return in | sortBy(itself); });
    CHECK(out == testing::Batches<int>{{1, 2, 3}, {}, std::nullopt, {4, 5}});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(2000, 200), {}, somePairs(9, 3)},
                           [](auto in) { return in | sortBy(&Pair::first, false, 3); }));
}

TEST_CASE("a negative number of partitions is refused, by name and line")
{
    try {
        static_cast<void>(sortBy([](int x) { return x; }, true, static_cast<std::size_t>(-1)));
        FAIL("it is taken");
    } catch (InvalidArgument const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::sortBy (") == 0);
        CHECK(text.find("sort_by.cpp:") != std::string::npos);
        CHECK(text.find("must not be negative") != std::string::npos);
    }
}
