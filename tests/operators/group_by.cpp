#include <sluice/operators/group_by.hpp>
#include <sluice/operators/map_values.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Groups = std::vector<std::pair<int, std::vector<int>>>;
std::vector<int> const numbers{5, 2, 3, 8, 1, 6};
constexpr auto parity = [](int x) { return x % 2; };

}  // namespace

TEST_CASE("groupBy puts records of one key side by side, for any number of partitions")
{
    for (std::size_t n = 1; n <= 7; ++n) CHECK((rdd(numbers, n) | groupBy(parity) | collect()) == Groups{{1, {5, 3, 1}}, {0, {2, 8, 6}}});
    CHECK((rdd(numbers, 2) | groupBy(parity, ByRemainder{2}) | collect()) == Groups{{0, {2, 8, 6}}, {1, {5, 3, 1}}});
    std::vector<int> const none;
    CHECK((rdd(none, 3) | groupBy(parity, 4)).numPartitions() == 4);
    CHECK((rdd(none, 3) | groupBy(parity, 4) | collect()).empty());
}

TEST_CASE("groupBy calls f once for each record, with its members or by a pointer to one")
{
    std::atomic<int> calls = 0;
    std::vector<Pair> const pairs{{1, 10}, {2, 20}, {1, 30}};
    auto const out = rdd(pairs, 2) | groupBy([&](int k, int) {
                         ++calls;
                         return k;
                     });
    using PairGroups = std::vector<std::pair<int, Pairs>>;
    CHECK((out | collect()) == PairGroups{{1, {{1, 10}, {1, 30}}}, {2, {{2, 20}}}});
    CHECK(calls == 3);
    CHECK((rdd(pairs, 2) | groupBy(&Pair::first) | collect()) == (out | collect()));
}

TEST_CASE("groupBy takes the key of a record that is moved, and leaves the record whole")
{
    std::vector<std::string> const names{"a name that no string holds by itself", "another one that is as long as that"};
    auto const made = rdd(names, 2) | map([](std::string const& name) { return std::pair{name, 1}; });
    auto const out = made | groupBy(&std::pair<std::string, int>::first) | collect();
    REQUIRE(out.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(out[i].first == names[i]);
        CHECK(out[i].second == std::vector{std::pair{names[i], 1}});
    }
    auto const unique = rdd(numbers, 2) | map([](int x) { return std::make_unique<int>(x); }) |
                        groupBy([](auto const& x) { return *x % 2; }) | mapValues([](auto const& all) { return all.size(); });
    CHECK((unique | collect()) == std::vector<std::pair<int, std::size_t>>{{1, 3}, {0, 3}});
}

TEST_CASE("keys that look into their records are kept, wherever those lie")
{
    auto const first = [](std::string_view word) { return word.substr(0, 1); };
    using Words = std::vector<std::pair<std::string, std::vector<std::string>>>;
    Words const expected{{"a", {"al", "ac", "ad"}}, {"b", {"bo", "bi"}}};
    CHECK((rdd({"al"s, "bo"s, "ac"s, "ad"s, "bi"s}, 2) | groupBy(first) | collect()) == expected);
    CHECK((rdd({"Al"sv, "bO"sv, "AC"sv, "ad"sv, "bi"sv}, 2) | map(lower) | groupBy(first) | collect()) == expected);
    CHECK((rdd({"Al bO AC"sv, "ad bi"sv}, 2) | map(lower) | flatMap(split()) | groupBy(first) | collect()) == expected);
}

TEST_CASE("what groupBy's function throws fails the batch, and it runs anew")
{
    std::atomic<bool> bad = true;
    auto const out = rdd(numbers, 2) | groupBy([&](int x) { return bad && x == 8 ? throw std::runtime_error{"eight"} : x % 2; });
    auto const failure = failureOf([&] { static_cast<void>(out | collect()); });
    CHECK(failure.kind == "groupBy");
    CHECK(failure.cause == "eight");
    CHECK(failure.partition == 1);
    bad = false;
    CHECK((out | collect()) == Groups{{1, {5, 3, 1}}, {0, {2, 8, 6}}});
}

TEST_CASE("groupBy in a stream, whoever runs it")
{
    auto const out = testing::runBatches<int>({{1, 3, 2}, {}, std::nullopt}, [](auto in) { return in | groupBy(parity, 1); });
    CHECK(out == testing::Batches<Groups::value_type>{{{1, {1, 3}}, {0, {2}}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(1000, 200), {}}, [](auto in) { return in | groupBy(&Pair::first, 3); }));
}
