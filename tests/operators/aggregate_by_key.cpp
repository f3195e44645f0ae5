#include <sluice/operators/aggregate_by_key.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

constexpr auto more = [](std::string all, int x) { return all + std::to_string(x); };
constexpr auto meet = [](std::string const& a, std::string const& b) { return a + "|" + b; };

auto traced(auto... partitions) { return aggregateByKey("0"s, more, meet, partitions...); }

using Texts = std::vector<std::pair<int, std::string>>;
std::vector<Pair> const pairs{{1, 1}, {2, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}};

}  // namespace

TEST_CASE("zero is met once for each key and each partition that has it")
{
    CHECK((rdd(pairs, 1) | traced(1) | collect()) == Texts{{1, "01346"}, {2, "025"}});
    CHECK((rdd(pairs, 2) | traced(1) | collect()) == Texts{{1, "013|046"}, {2, "02|05"}});
    CHECK((rdd(pairs, 6) | traced(1) | collect()) == Texts{{1, "01|03|04|06"}, {2, "02|05"}});
}

TEST_CASE("aggregateByKey of an empty batch is empty, in as many partitions as were asked for")
{
    Pairs const none;
    CHECK((rdd(none, 3) | traced(4)).numPartitions() == 4);
    CHECK((rdd(none, 3) | traced(4) | collect()).empty());
}

TEST_CASE("aggregateByKey exchanges nothing that is partitioned alike: nothing merges")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({pairs}, [](auto in) {
                  DStream<Pair> const parts = in | partitionBy(ByRemainder{});
                  return parts | mapValues([](int x) { return x + 1; }) | traced(ByRemainder{});
              });
              CHECK(*out[0] == Texts{{1, "02457"}, {2, "036"}});
          }) == 6);
}

TEST_CASE("aggregateByKey of text that was made on the way")
{
    auto const longest = [](std::string_view a, std::string_view b) { return b.size() > a.size() ? b : a; };
    auto const out = rdd({"AA bb CCC"sv, "ba CcCcC"sv}, 2) | lettersAndWords() | aggregateByKey(""sv, longest, longest);
    CHECK((out | collect()) == std::vector<std::pair<std::string, std::string>>{{"a", "aa"}, {"b", "bb"}, {"c", "ccccc"}});
    auto const all = rdd({"AA bb"sv, "ba"sv}, 2) | lettersAndWords() |
                     aggregateByKey(
                         std::vector<std::string_view>{},
                         [](auto words, std::string_view word) {
                             words.push_back(word);
                             return words;
                         },
                         [](auto a, auto const& b) {
                             a.insert(a.end(), b.begin(), b.end());
                             return a;
                         });
    CHECK((all | collect())[1].second == std::vector<std::string>{"bb", "ba"});
}

TEST_CASE("each function of aggregateByKey that throws fails the batch")
{
    constexpr auto bad = [](auto const&...) -> std::string { throw std::runtime_error{"bad"}; };
    for (auto const& failure : {failureOf([&] { static_cast<void>(rdd(pairs, 2) | aggregateByKey("0"s, bad, meet) | collect()); }),
                                failureOf([&] { static_cast<void>(rdd(pairs, 2) | aggregateByKey("0"s, more, bad) | collect()); })}) {
        CHECK(failure.kind == "aggregateByKey");
        CHECK(failure.cause == "bad");
        CHECK(failure.partition == 0);
    }
}

TEST_CASE("aggregateByKey in a stream, whoever runs it")
{
    auto const out = testing::runBatches<Pair>({{{1, 1}, {1, 2}}, {}, std::nullopt}, [](auto in) { return in | traced(); });
    CHECK(out == testing::Batches<Texts::value_type>{{{1, "01|02"}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(1000, 200), {}}, [](auto in) { return in | traced(3); }));
}
