#include <sluice/operators/combine_by_key.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <map>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

// A value's text in brackets; one more behind a comma; two partitions with a bar between.
constexpr auto begin = [](int x) { return "[" + std::to_string(x) + "]"; };
constexpr auto more = [](std::string all, int x) { return all + "," + std::to_string(x); };
constexpr auto meet = [](std::string const& a, std::string const& b) { return a + "|" + b; };

auto traced(auto... partitions) { return combineByKey(begin, more, meet, partitions...); }

using Texts = std::vector<std::pair<int, std::string>>;
std::vector<Pair> const pairs{{1, 1}, {2, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}};

}  // namespace

TEST_CASE("create, add and merge are called where a key begins, goes on, and meets itself")
{
    CHECK((rdd(pairs, 2) | traced(1) | collect()) == Texts{{1, "[1],3|[4],6"}, {2, "[2]|[5]"}});
    CHECK((rdd(pairs, 1) | traced(1) | collect()) == Texts{{1, "[1],3,4,6"}, {2, "[2],5"}});
    CHECK((rdd(pairs, 6) | traced(1) | collect()) == Texts{{1, "[1]|[3]|[4]|[6]"}, {2, "[2]|[5]"}});
}

TEST_CASE("an empty batch stays empty, in as many partitions as were asked for")
{
    Pairs const none;
    auto const out = rdd(none, 3) | traced(4);
    CHECK(out.numPartitions() == 4);
    CHECK((out | collect()).empty());
}

TEST_CASE("what is partitioned alike is not exchanged again: nothing merges, and the partitioner is not asked")
{
    auto const parts = rdd(pairs, 3) | partitionBy(ByRemainder{}) | mapValues(std::negate{}) | filter([](int, int x) { return x < -1; });
    CHECK(askedIn([&] { static_cast<void>(parts | collect()); }) == 6);
    auto const out = parts | traced(ByRemainder{});
    CHECK(askedIn([&] { CHECK((out | collect()) == Texts{{1, "[-3],-4,-6"}, {2, "[-2],-5"}}); }) == 0);
    CHECK(askedIn([&] { CHECK((parts | traced() | collect()) == (out | collect())); }) == 0);
    CHECK((parts | traced()).numPartitions() == 3);
    CHECK(askedIn([&] { CHECK((parts | traced(ByRemainder{2}) | collect()).size() == 2); }) == 2);  // once for each key
}

TEST_CASE("combined values may look at text that was made on the way")
{
    auto const first = [](std::string_view word) { return word; };
    auto const longest = [](std::string_view a, std::string_view b) { return b.size() > a.size() ? b : a; };
    auto const out = rdd({"AA bb CCC"sv, "ba CcCcC"sv}, 2) | lettersAndWords() | combineByKey(first, longest, longest);
    CHECK((out | collect()) == std::vector<std::pair<std::string, std::string>>{{"a", "aa"}, {"b", "bb"}, {"c", "ccccc"}});
}

TEST_CASE("each of the functions that throws fails the batch")
{
    constexpr auto bad = [](auto const&...) -> std::string { throw std::runtime_error{"bad"}; };
    auto const in = rdd(pairs, 2);
    auto const fails = [&](auto const& op) {
        auto const failure = failureOf([&] { static_cast<void>(in | op | collect()); });
        CHECK(failure.kind == "combineByKey");
        CHECK(failure.cause == "bad");
        return failure.partition;
    };
    CHECK(fails(combineByKey([](int) -> std::string { throw std::runtime_error{"bad"}; }, more, meet)) == 0);
    CHECK(fails(combineByKey(begin, bad, meet)) == 0);
    CHECK(fails(combineByKey(begin, more, bad)) == 0);
}

TEST_CASE("in a stream every batch is combined by itself, and whoever runs it gives the same")
{
    auto const out = testing::runBatches<Pair>({{{1, 1}, {1, 2}}, {}, std::nullopt, {{2, 5}}}, [](auto in) { return in | traced(); });
    CHECK(out == testing::Batches<Texts::value_type>{{{1, "[1]|[2]"}}, {}, std::nullopt, {{2, "[5]"}}});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(2000, 300), {}, somePairs(50, 7)}, [](auto in) { return in | traced(3); }));
}

TEST_CASE("values may be of a type that is moved alone")
{
    auto const unique = [](int x) { return std::make_unique<int>(x); };
    auto const add = [](std::unique_ptr<int> all, int x) {
        *all += x;
        return all;
    };
    auto const join = [](std::unique_ptr<int> a, std::unique_ptr<int> b) {
        *a += *b;
        return a;
    };
    auto const sums = rdd(pairs, 2) | combineByKey(unique, add, join) | mapValues([](auto const& sum) { return *sum; });
    CHECK((sums | collect()) == Pairs{{1, 14}, {2, 7}});
}

TEST_CASE("behind partitionBy nothing is combined before records of one key are together: the model's mapSideCombine = false")
{
    std::atomic<int> created = 0;
    auto const counting = [&created](int x) {
        ++created;
        return begin(x);
    };
    Pairs const scattered{{1, 1}, {2, 2}, {1, 3}, {2, 4}, {1, 5}, {1, 6}};
    auto const together = rdd(scattered, 3) | partitionBy(2) | combineByKey(counting, more, meet) | collect();
    CHECK(created == 2);
    CHECK(std::map(together.begin(), together.end()) == std::map<int, std::string>{{1, "[1],3,5,6"}, {2, "[2],4"}});
    created = 0;
    auto const before = rdd(scattered, 3) | combineByKey(counting, more, meet) | collect();
    CHECK(created == 5);
    CHECK(before.size() == 2);
}
