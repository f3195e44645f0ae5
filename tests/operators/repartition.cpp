#include <sluice/operators/repartition.hpp>
#include <sluice/operators/take.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

std::vector<int> upTo(int n)
{
    std::vector<int> numbers(static_cast<std::size_t>(n));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

}  // namespace

TEST_CASE("record i of partition p goes to partition (p + i) mod n")
{
    CHECK((rdd(upTo(7), 2) | repartition(3) | collect()) == std::vector{0, 5, 1, 3, 6, 2, 4});
    CHECK((rdd(upTo(7), 2) | repartition(1) | collect()) == upTo(7));
    CHECK((rdd(upTo(3), 1) | repartition(5)).numPartitions() == 5);
    CHECK((rdd(upTo(3), 1) | repartition(5) | collect()) == upTo(3));
}

TEST_CASE("partitions are of about the same size: of few large ones, and of many small ones")
{
    for (std::size_t const from : {1U, 2U, 40U, 200U}) {
        auto const spread = rdd(upTo(200), from) | repartition(4);
        spread.node().prepare();
        for (std::size_t p = 0; p < 4; ++p) {
            detail::CollectSink<int> part;
            spread.node().each(p, 0, part);
            CHECK(part.size() >= 40);
            CHECK(part.size() <= 60);
        }
    }
}

TEST_CASE("no partitions are refused at the call, an empty batch is not")
{
    CHECK_THROWS_AS(static_cast<void>(repartition(0)), InvalidArgument);
    std::vector<int> const none;
    CHECK((rdd(none) | repartition(3)).numPartitions() == 3);
    CHECK((rdd(none) | repartition(3) | collect()).empty());
}

TEST_CASE("records that are made on the way are moved, and their text is kept")
{
    auto const unique =
        rdd(upTo(4), 2) | map([](int x) { return std::make_unique<int>(x); }) | repartition(2) | map([](auto const& x) { return *x; });
    CHECK((unique | collect()) == std::vector{0, 3, 1, 2});
    auto const words = rdd({"AA bb"sv, "CC"sv}, 2) | map(lower) | flatMap(split()) | repartition(2);
    CHECK((words | collect()) == std::vector<std::string>{"aa", "bb", "cc"});
}

TEST_CASE("every batch of a stream is spread, and whoever runs it gives the same")
{
    auto const out = testing::runBatches<int>({{1, 2, 3}, {}, std::nullopt}, [](auto in) { return in | repartition(3); });
    CHECK(out == testing::Batches<int>{{1, 2, 3}, {}, std::nullopt});
    CHECK(sameOnAllMasters(testing::Batches<int>{upTo(1000), upTo(3)}, [](auto in) { return in | repartition(3); }));
}

TEST_CASE("what throws on the way is not swallowed, and the exchange runs anew")
{
    std::atomic<bool> bad = true;
    auto const spread = rdd(upTo(4), 2) | map([&](int x) { return bad && x == 2 ? throw std::runtime_error{"two"} : x; }) | repartition(2);
    auto const failure = failureOf([&] { static_cast<void>(spread | collect()); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 1);
    bad = false;
    CHECK((spread | collect()) == std::vector{0, 3, 1, 2});
    CHECK((spread | take(3)) == std::vector{0, 3, 1});
}

TEST_CASE("a negative number of partitions is refused, by name and line")
{
    try {
        static_cast<void>(repartition(static_cast<std::size_t>(-1)));
        FAIL("it is taken");
    } catch (InvalidArgument const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::repartition (") == 0);
        CHECK(text.find("repartition.cpp:") != std::string::npos);
        CHECK(text.find("must not be negative") != std::string::npos);
    }
}
