#include <sluice/batch/partitioner.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sluice;
using namespace std::literals;
using detail::byOf;
using detail::Partitioning;

namespace {

struct ByLength {
    std::size_t n = 2;
    int salt = 0;
    [[nodiscard]] std::size_t numPartitions() const { return n; }
    [[nodiscard]] std::size_t partition(std::string_view key) const { return key.size() % n; }
    bool operator==(ByLength const&) const = default;
};
static_assert(Partitioner<ByLength, std::string> && Partitioner<ByLength, std::string_view> && !Partitioner<ByLength, int>);
static_assert(Partitioner<HashPartitioner, int> && !Partitioner<int, int>);

struct Incomparable {
    [[nodiscard]] std::size_t numPartitions() const { return 1; }
    [[nodiscard]] std::size_t partition(int) const { return 0; }
};
static_assert(!Partitioner<Incomparable, int>, "two of them could not be told to be the same");

struct Unsure {
    [[nodiscard]] int numPartitions() const { return 2; }
    [[nodiscard]] int partition(int key) const { return key == 7 ? throw std::runtime_error{"seven"} : key; }
    bool operator==(Unsure const&) const = default;
};

static_assert(std::is_same_v<detail::ByOf<HashPartitioner>, detail::ByHash> && std::is_same_v<detail::ByOf<int>, detail::ByHash>);

Label const label{"here", CallSite::here()};

}  // namespace

TEST_CASE("a hash partitioner sends equal keys to one partition, whatever shows them, and meets all of them")
{
    HashPartitioner const by{4};
    CHECK(by.partition("word"s) == by.partition("word"sv));
    bool met[4] = {};
    for (int key = 0; key < 100; ++key) {
        REQUIRE(by.partition(key) < 4);
        met[by.partition(key)] = true;
    }
    for (bool const one : met) CHECK(one);
    CHECK(by == HashPartitioner{4});
    CHECK(by != HashPartitioner{5});
}

TEST_CASE("no partitions, and fewer, are refused")
{
    CHECK_THROWS_AS(HashPartitioner{0}, InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(byOf(-1)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(byOf(ByLength{0})), InvalidArgument);
    CHECK(byOf(0).partitions == 0);
    CHECK(byOf(3).partitions == 3);
}

TEST_CASE("partitionings are the same by hash and number, or by partitioners that are equal")
{
    CHECK(byOf(4).partitioning() == byOf(HashPartitioner{4}).partitioning());
    CHECK(!(byOf(4).partitioning() == byOf(5).partitioning()));
    CHECK(!byOf(0).partitioning());
    CHECK(byOf(ByLength{3}).partitioning() == byOf(ByLength{3}).partitioning());
    CHECK(!(byOf(ByLength{3}).partitioning() == byOf(ByLength{3, 1}).partitioning()));
    CHECK(!(byOf(ByLength{3}).partitioning() == byOf(3).partitioning()));
    CHECK(!(byOf(ByLength{2}).partitioning() == byOf(Unsure{}).partitioning()));
}

TEST_CASE("what a partitioner answers is looked at")
{
    auto const by = byOf(Unsure{});
    CHECK(by.target(label, 0, 1, 2) == 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(by.target(label, 0, 2, 2)), doctest::Contains("the partitioner answered partition 2 of 2"), StreamError);
    CHECK_THROWS_AS(static_cast<void>(by.target(label, 0, -1, 2)), StreamError);
    CHECK_THROWS_WITH_AS(static_cast<void>(by.target(label, 0, 7, 2)), doctest::Contains("sluice::here"), StreamError);
}
