#include <sluice/operators/count_by_key.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Counts = std::vector<std::pair<int, std::int64_t>>;
std::vector<Pair> const pairs{{1, 1}, {2, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}};

}  // namespace

TEST_CASE("countByKey counts the records of each key, for any number of partitions")
{
    for (std::size_t n = 1; n <= 7; ++n) CHECK((rdd(pairs, n) | countByKey() | collect()) == Counts{{1, 4}, {2, 2}});
    CHECK((rdd(pairs, 3) | countByKey(ByRemainder{2}) | collect()) == Counts{{2, 2}, {1, 4}});
    Pairs const none;
    CHECK((rdd(none, 3) | countByKey(4)).numPartitions() == 4);
    CHECK((rdd(none, 3) | countByKey(4) | collect()).empty());
}

TEST_CASE("countByKey takes values that are moved alone, and keys of text that was made on the way")
{
    auto const unique = rdd(pairs, 2) | mapValues([](int x) { return std::make_unique<int>(x); });
    CHECK((unique | countByKey() | collect()) == Counts{{1, 4}, {2, 2}});
    auto const words = rdd({"AA bb"sv, "ba"sv}, 2) | lettersAndWords() | countByKey();
    CHECK((words | collect()) == std::vector<std::pair<std::string, std::int64_t>>{{"a", 1}, {"b", 2}});
}

TEST_CASE("countByKey exchanges nothing that is partitioned alike, and a bad partitioner fails it")
{
    auto const parts = rdd(pairs, 2) | partitionBy(ByRemainder{}) | filter([](int, int x) { return x > 1; });
    static_cast<void>(parts | collect());
    CHECK(askedIn([&] { CHECK((parts | countByKey() | collect()) == Counts{{1, 3}, {2, 2}}); }) == 0);
    CHECK(failureOf([] { static_cast<void>(rdd(pairs) | countByKey(beyond) | collect()); }).kind == "countByKey");
}

TEST_CASE("countByKey in a stream, whoever runs it")
{
    auto const out = testing::runBatches<Pair>({{{1, 1}, {1, 2}}, {}, std::nullopt}, [](auto in) { return in | countByKey(); });
    CHECK(out == testing::Batches<Counts::value_type>{{{1, 2}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(1000, 200), {}}, [](auto in) { return in | countByKey(3); }));
}
