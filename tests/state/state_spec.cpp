#include <sluice/operators/map.hpp>
#include <sluice/state/state_spec.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

int loud(char, std::optional<int>, State<long>&) { return 0; }

struct ByNothing {
    [[nodiscard]] std::size_t numPartitions() const { return 3; }
    [[nodiscard]] std::size_t partition(char) const { return 0; }
    bool operator==(ByNothing const&) const = default;
};

}  // namespace

TEST_CASE("each setting gives another specification, and keeps the others")
{
    StateSpec const plain{&loud};
    CHECK(!plain.timeout());
    CHECK(plain.by().partitions == 0);
    auto const timed = plain.timeout(5s, TimeoutMode::compatible);
    CHECK(!plain.timeout());
    auto const spread = timed.numPartitions(4);
    CHECK(spread.by().partitions == 4);
    CHECK(spread.timeout() == 5s);
    CHECK(spread.timeoutMode() == TimeoutMode::compatible);
    auto const own = spread.partitioner(ByNothing{});
    CHECK(own.by().partitioning().partitions == 3);
    auto const started =
        own.initialState(rdd({std::pair{'a', 1L}, std::pair{'b', 2L}}) | map([](char c, long s) { return std::pair{c, 2 * s}; }));
    CHECK(started.initial() == std::vector{std::pair{'a', 2L}, std::pair{'b', 4L}});
    CHECK(started.timeout() == 5s);
    auto const old = plain.initialState(std::vector{std::tuple{'a', 1L, Time{3s}}});
    CHECK(std::get<2>(old.initial().at(0)) == Time{3s});
}

TEST_CASE("a time-out is positive")
{
    CHECK_THROWS_WITH_AS(static_cast<void>(StateSpec{&loud}.timeout(0s)), "sluice::StateSpec::timeout: it must be positive, got 0 ms",
                         InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(StateSpec{&loud}.timeout(-1s)), InvalidArgument);
}
