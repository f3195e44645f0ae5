#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/testing/run_batches.hpp>

#include "laws.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <random>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Counts = std::vector<std::pair<std::string, int>>;

constexpr auto withOne = [](auto word) { return std::pair{word, 1}; };
constexpr auto lower = [](std::string_view line) {
    std::string text(line);
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
};

using Summed = NodeOf<decltype(rdd(std::declval<std::vector<std::pair<int, int>>&>()) | reduceByKey(std::plus{}))>;
static_assert(std::is_same_v<RecordOf<Summed>, std::pair<int, int> const&>);
static_assert(Summed::stored && Summed::stable);

template <class P, class F>
constexpr bool acceptsPairs = detail::ReduceByKey<F, detail::ByHash>::template accepts<detail::Slices<P>>;
static_assert(acceptsPairs<std::pair<int, int>, std::plus<>>);
static_assert(!acceptsPairs<int, std::plus<>>);
static_assert(!acceptsPairs<std::pair<char const*, int>, std::plus<>>, "a pointer is no key");
static_assert(!acceptsPairs<std::pair<std::map<int, int>, int>, std::plus<>>, "a map has no hash here");
static_assert(!acceptsPairs<std::pair<int, int>, std::negate<>>);
static_assert(!acceptsPairs<std::pair<int, int>, decltype([n = 0](int a, int b) mutable { return n += a + b; })>);

std::vector<std::pair<int, int>> randomPairs(std::size_t size, int keys, unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<std::pair<int, int>> pairs;
    for (std::size_t i = 0; i < size; ++i) {
        pairs.emplace_back(static_cast<int>(random() % static_cast<unsigned>(keys)), static_cast<int>(random() % 100));
    }
    return pairs;
}

}  // namespace

TEST_CASE("reduceByKey combines the values of each key, keys in the order of their first occurrence")
{
    std::vector<std::pair<std::string, int>> const words{{"b", 1}, {"a", 2}, {"b", 3}, {"c", 4}, {"a", 5}};
    CHECK((rdd(words) | reduceByKey(std::plus{}) | collect()) == Counts{{"b", 4}, {"a", 7}, {"c", 4}});
}

TEST_CASE("reduceByKey of an empty batch is empty, in as many partitions as were asked for")
{
    std::vector<std::pair<int, int>> const none;
    auto const sums = rdd(none, 3) | reduceByKey(std::plus{}, 4);
    CHECK(sums.numPartitions() == 4);
    CHECK((sums | collect()).empty());
}

TEST_CASE("values meet in the order of partitions and positions: f need not commute")
{
    std::vector<std::pair<int, std::string>> parts;
    std::string expected;
    for (int i = 0; i < 26; ++i) {
        parts.emplace_back(7, std::string(1, static_cast<char>('a' + i)));
        expected += static_cast<char>('a' + i);
    }
    for (std::size_t partitions : {1U, 2U, 3U, 7U}) {
        auto const joined = rdd(parts, partitions) | reduceByKey(std::plus{}, 3) | collect();
        CHECK(joined == std::vector<std::pair<int, std::string>>{{7, expected}});
    }
}

TEST_CASE("reduceByKey agrees with a std::map for any number of partitions on both sides")
{
    for (unsigned seed = 1; seed <= 20; ++seed) {
        auto const pairs = randomPairs(seed * 50, static_cast<int>(seed) * 7, seed);
        std::map<int, int> expected;
        for (auto const& [key, value] : pairs) expected[key] += value;
        for (std::size_t from : {1U, 2U, 5U}) {
            for (std::size_t to : {1U, 2U, 4U}) {
                auto const sums = rdd(pairs, from) | reduceByKey(std::plus{}, to) | collect();
                CHECK(sums.size() == expected.size());
                CHECK(std::map<int, int>(sums.begin(), sums.end()) == expected);
            }
        }
    }
}

TEST_CASE("the order of results depends on data and partitions alone, not on who runs what")
{
    testing::Batches<std::pair<int, int>> in{randomPairs(5000, 700, 1), randomPairs(100, 3, 2), {}};
    auto const run = [&](std::string const& master) {
        return testing::runBatches<std::pair<int, int>>(in, [](auto pairs) { return pairs | reduceByKey(std::plus{}, 3); },
                                                        {.partitions = 4, .master = master});
    };
    auto const inlined = run("inline");
    CHECK(run("local[1]") == inlined);
    CHECK(run("local[2]") == inlined);
    CHECK(run("local[4]") == inlined);
}

TEST_CASE("text that was made on the way is kept for as long as the result")
{
    auto const counts = rdd({std::string_view{"To be or"}, std::string_view{"not TO BE"}}, 2) | map(lower) | flatMap(split()) |
                        map(withOne) | reduceByKey(std::plus{});
    static_assert(std::is_same_v<decltype(counts)::Value, std::pair<std::string_view, int>>);
    CHECK((counts | collect()) == Counts{{"to", 2}, {"be", 2}, {"or", 1}, {"not", 1}});
}

TEST_CASE("values that are views are kept, too, whichever of them f answers")
{
    auto const longest = [](std::string_view a, std::string_view b) { return a.size() >= b.size() ? a : b; };
    auto const out = rdd({std::string_view{"AA bb CCC"}, std::string_view{"dddd E"}}, 2) | map(lower) | flatMap(split()) |
                     map([](auto word) { return std::pair{word.size() % 2, word}; }) | reduceByKey(longest);
    CHECK((out | collect()) == std::vector<std::pair<std::size_t, std::string>>{{0, "dddd"}, {1, "ccc"}});
}

TEST_CASE("NaN is one key, and so are 0.0 and -0.0")
{
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<std::pair<double, int>> const pairs{{nan, 1}, {0.0, 2}, {-nan, 3}, {-0.0, 4}};
    auto const sums = rdd(pairs, 2) | reduceByKey(std::plus{}) | collect();
    REQUIRE(sums.size() == 2);
    CHECK(std::isnan(sums[0].first));
    CHECK(sums[0].second == 4);
    CHECK(sums[1].second == 6);
}

TEST_CASE("what f throws is a StreamError that names the operator and the line")
{
    std::vector<std::pair<int, int>> const pairs{{1, 1}, {1, 2}};
    auto const line = __LINE__ + 1;
    auto const bad = rdd(pairs) | reduceByKey([](int, int) -> int { throw std::runtime_error{"no sum"}; });
    auto const failure = failureOf([&] { static_cast<void>(bad | collect()); });
    CHECK(failure.kind == "reduceByKey");
    CHECK(failure.line == line);
    CHECK(failure.cause == "no sum");
}

TEST_CASE("an exchange that failed runs anew when it is asked again")
{
    std::atomic<int> left = 1;
    std::vector<std::pair<int, int>> const pairs{{1, 1}, {1, 2}, {2, 5}};
    auto const sums = rdd(pairs) | reduceByKey([&](int a, int b) { return left-- > 0 ? throw std::runtime_error{"once"} : a + b; });
    CHECK_THROWS_AS(sums | collect(), StreamError);
    CHECK((sums | collect()) == std::vector<std::pair<int, int>>{{1, 3}, {2, 5}});
}

TEST_CASE("a batch is exchanged once, however often it is used")
{
    std::atomic<int> calls = 0;
    std::vector<std::pair<int, int>> const pairs{{1, 1}, {1, 2}};
    auto const sums = rdd(pairs) | reduceByKey([&](int a, int b) {
                          ++calls;
                          return a + b;
                      });
    auto const copy = sums;
    CHECK((sums | collect()) == (copy | collect()));
    CHECK(calls == 1);
}

TEST_CASE("narrow operators fuse with the result")
{
    std::vector<std::pair<int, int>> const pairs{{1, 1}, {2, 5}, {1, 3}};
    auto const out =
        rdd(pairs) | reduceByKey(std::plus{}) | filter([](int, int sum) { return sum > 4; }) | mapValues([](int sum) { return 10 * sum; });
    CHECK((out | collect()) == std::vector<std::pair<int, int>>{{2, 50}});
}

TEST_CASE("in a stream every batch is reduced by itself, and no RDD stays none")
{
    auto const out = testing::runBatches<std::pair<int, int>>({{{1, 1}, {1, 2}}, {}, std::nullopt, {{1, 5}}},
                                                              [](auto pairs) { return pairs | reduceByKey(std::plus{}); });
    CHECK(out == testing::Batches<std::pair<int, int>>{{{1, 3}}, {}, std::nullopt, {{1, 5}}});
}
