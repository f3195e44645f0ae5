#include <sluice/operators/fold_by_key.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<Pair> const pairs{{1, 1}, {2, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}};

}  // namespace

TEST_CASE("foldByKey meets zero once for each key and each partition that has it")
{
    CHECK((rdd(pairs, 1) | foldByKey(100, std::plus{}) | collect()) == Pairs{{1, 114}, {2, 107}});
    CHECK((rdd(pairs, 2) | foldByKey(100, std::plus{}) | collect()) == Pairs{{1, 214}, {2, 207}});
    CHECK((rdd(pairs, 6) | foldByKey(100, std::plus{}, ByRemainder{2}) | collect()) == Pairs{{2, 207}, {1, 414}});
}

TEST_CASE("foldByKey's result has the type of zero")
{
    auto const sums = rdd(pairs, 2) | foldByKey(0L, std::plus{});
    static_assert(std::is_same_v<decltype(sums)::Value, std::pair<int, long>>);
    CHECK((sums | collect()) == std::vector<std::pair<int, long>>{{1, 14}, {2, 7}});
}

TEST_CASE("foldByKey of an empty batch is empty, in as many partitions as were asked for")
{
    Pairs const none;
    CHECK((rdd(none, 3) | foldByKey(0, std::plus{}, 4)).numPartitions() == 4);
    CHECK((rdd(none, 3) | foldByKey(1, std::plus{}, 4) | collect()).empty());
}

TEST_CASE("foldByKey exchanges nothing that is partitioned alike")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({pairs}, [](auto in) {
                  DStream<Pair> const parts = in | partitionBy(ByRemainder{});
                  return parts | mapValues([](int x) { return x + 1; }) | foldByKey(100, std::plus{});
              });
              CHECK(*out[0] == Pairs{{1, 118}, {2, 109}});
          }) == 6);
}

TEST_CASE("foldByKey of text that was made on the way")
{
    auto const longest = [](std::string_view a, std::string_view b) { return b.size() > a.size() ? b : a; };
    auto const out = rdd({"AA bb CCC"sv, "ba CcCcC"sv}, 2) | lettersAndWords() | foldByKey(""sv, longest);
    CHECK((out | collect()) == std::vector<std::pair<std::string, std::string>>{{"a", "aa"}, {"b", "bb"}, {"c", "ccccc"}});
}

TEST_CASE("what foldByKey's function throws fails the batch")
{
    auto const failure = failureOf([] {
        static_cast<void>(rdd(pairs, 2) | foldByKey(0, [](int a, int b) { return b == 5 ? throw std::runtime_error{"five"} : a + b; }) |
                          collect());
    });
    CHECK(failure.kind == "foldByKey");
    CHECK(failure.cause == "five");
    CHECK(failure.partition == 1);
}

TEST_CASE("foldByKey in a stream, whoever runs it")
{
    auto const out =
        testing::runBatches<Pair>({{{1, 1}, {1, 2}}, {}, std::nullopt}, [](auto in) { return in | foldByKey(0, std::plus{}); });
    CHECK(out == testing::Batches<Pair>{{{1, 3}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(1000, 200), {}}, [](auto in) { return in | foldByKey(0, std::minus{}, 3); }));
}
