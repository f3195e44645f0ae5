#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/sort_by_key.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<Pair> const pairs{{3, 1}, {1, 2}, {3, 3}, {2, 4}, {1, 5}};

}  // namespace

TEST_CASE("sortByKey sorts by key, and keeps the order of one key's pairs, for any number of partitions")
{
    for (std::size_t n = 1; n <= 6; ++n) {
        CHECK((rdd(pairs, n) | sortByKey() | collect()) == Pairs{{1, 2}, {1, 5}, {2, 4}, {3, 1}, {3, 3}});
        CHECK((rdd(pairs, n) | sortByKey(false, 3) | collect()) == Pairs{{3, 1}, {3, 3}, {2, 4}, {1, 2}, {1, 5}});
    }
    CHECK((rdd(pairs, 2) | sortByKey()).numPartitions() == 2);
    CHECK((rdd(pairs, 2) | sortByKey(true, 5)).numPartitions() == 5);
    Pairs const none;
    CHECK((rdd(none, 2) | sortByKey() | collect()).empty());
}

TEST_CASE("sortByKey is no partitioning by hash: the next operator by key exchanges")
{
    auto const sums = rdd(somePairs(200, 40), 3) | reduceByKey(std::plus{}, 4) | sortByKey() | reduceByKey(std::plus{}, 4) | collect();
    CHECK(sums.size() == 40);
}

TEST_CASE("sortByKey keeps text that was made on the way, and moves what owns")
{
    auto const words = rdd({"Oak elm"sv, "EGG Fir"sv}, 2) | lettersAndWords();
    using Text = std::pair<std::string, std::string>;
    std::vector<Text> const expected{{"e", "elm"}, {"e", "egg"}, {"f", "fir"}, {"o", "oak"}};
    CHECK((words | sortByKey() | collect()) == expected);
    auto const owned =
        words | map([](auto letter, auto word) { return std::pair{std::string{letter}, std::make_unique<std::string>(word)}; });
    auto const out = owned | sortByKey(true, 3) | map([](auto const& letter, auto const& word) { return std::pair{letter, *word}; });
    CHECK((out | collect()) == expected);
}

TEST_CASE("sortByKey in a stream, whoever runs it")
{
    auto const out = testing::runBatches<Pair>({pairs, {}, std::nullopt}, [](auto in) {
        DStream<Pair> const any = in;
        return any | sortByKey();
    });
    CHECK(out == testing::Batches<Pair>{{{1, 2}, {1, 5}, {2, 4}, {3, 1}, {3, 3}}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<Pair>{somePairs(2000, 200), {}}, [](auto in) { return in | sortByKey(true, 3); }));
}

TEST_CASE("a negative number of partitions is refused, by name and line")
{
    try {
        static_cast<void>(sortByKey(true, static_cast<std::size_t>(-1)));
        FAIL("it is taken");
    } catch (InvalidArgument const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::sortByKey (") == 0);
        CHECK(text.find("sort_by_key.cpp:") != std::string::npos);
        CHECK(text.find("must not be negative") != std::string::npos);
    }
}
