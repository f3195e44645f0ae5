#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/mean.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <limits>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};

static_assert(std::is_same_v<decltype(rdd(numbers) | mean()), double>);
static_assert(!detail::Mean::accepts<detail::Slices<std::string>>);

}  // namespace

TEST_CASE("mean is the sum over the count")
{
    VERIFY((rdd({1, 2, 4, 3}, 3) | mean()) == 2.5);
    VERIFY((rdd({0.5f, -0.5f}, 2) | mean()) == 0);
    VERIFY((rdd({7U}, 4) | mean()) == 7);
}

TEST_CASE("the mean of integers is exact where their sum does not fit")
{
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    VERIFY((rdd({most, most, most}, 2) | mean()) == 0x1p64);
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    VERIFY((rdd({least, least, least, least}, 2) | mean()) == -0x1p63);
}

TEST_CASE("mean obeys the laws")
{
    static_assert(obeysPartitionLaw(mean(), numbers));
    static_assert(obeysPipeLaw(filter([](int x) { return x > 2; }), mean(), numbers));
    CHECK(obeysErasureLaw(mean(), numbers));
}

TEST_CASE("mean of nothing is an invalid argument")
{
    CHECK_THROWS_WITH_AS(rdd(std::vector<int>{}, 2) | mean(), doctest::Contains("sluice::mean()"), InvalidArgument);
}

TEST_CASE("mean in a stream is one record a batch, none of an empty one, and no RDD of none")
{
    auto const out = testing::runBatches<int>({{4, 2, 6}, {}, std::nullopt, {1, 2}}, [](auto in) { return in | mean(); });
    CHECK(out == testing::Batches<double>{{4.0}, {}, std::nullopt, {1.5}});
}

TEST_CASE("what fails before mean names its operator and the partition")
{
    auto const throwing = map([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x; });
    auto const failure = failureOf([&] { return rdd(numbers, 7) | throwing | mean(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 3);
}
