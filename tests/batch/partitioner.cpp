#include <sluice/batch/partitioner.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sluice;
using namespace std::literals;
using detail::MaybePartitions;
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

constexpr auto by = [](auto partitions) { return detail::byOf(partitions, label); };

}  // namespace

TEST_CASE("a hash partitioner sends equal keys to one partition, whatever shows them, and meets all of them")
{
    HashPartitioner const four{4};
    CHECK(four.partition("word"s) == four.partition("word"sv));
    bool met[4] = {};
    for (int key = 0; key < 100; ++key) {
        REQUIRE(four.partition(key) < 4);
        met[four.partition(key)] = true;
    }
    for (bool const one : met) CHECK(one);
    CHECK(four == HashPartitioner{4});
    CHECK(four != HashPartitioner{5});
}

TEST_CASE("no partitions, and fewer, are refused")
{
    CHECK_THROWS_AS(HashPartitioner{0}, InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(by(0)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(by(-1)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(by(ByLength{0})), InvalidArgument);
    CHECK(by(MaybePartitions{}).partitions == 0);
    CHECK(by(3).partitions == 3);
}

TEST_CASE("partitionings are the same by hash and number, or by partitioners that are equal")
{
    CHECK(by(4).partitioning() == by(HashPartitioner{4}).partitioning());
    CHECK(!(by(4).partitioning() == by(5).partitioning()));
    CHECK(!by(MaybePartitions{}).partitioning());
    CHECK(by(ByLength{3}).partitioning() == by(ByLength{3}).partitioning());
    CHECK(!(by(ByLength{3}).partitioning() == by(ByLength{3, 1}).partitioning()));
    CHECK(!(by(ByLength{3}).partitioning() == by(3).partitioning()));
    CHECK(!(by(ByLength{2}).partitioning() == by(Unsure{}).partitioning()));
}

TEST_CASE("what a partitioner answers is looked at")
{
    auto const unsure = by(Unsure{});
    CHECK(unsure.target(label, 0, 1, 2) == 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(unsure.target(label, 0, 2, 2)), doctest::Contains("the partitioner answered partition 2 of 2"),
                         StreamError);
    CHECK_THROWS_AS(static_cast<void>(unsure.target(label, 0, -1, 2)), StreamError);
    CHECK_THROWS_WITH_AS(static_cast<void>(unsure.target(label, 0, 7, 2)), doctest::Contains("sluice::here"), StreamError);
}
