#include <sluice/batch/sampler.hpp>

#include "../verify.hpp"

#include <vector>

using namespace sluice;
using detail::Sampler;

namespace {

/// How often each of n records of a partition is taken.
std::vector<std::uint64_t> timesOf(Sampler const& sampler, std::size_t partition, std::size_t n)
{
    auto random = sampler.numbers(partition);
    std::vector<std::uint64_t> all(n);
    for (auto& times : all) times = sampler.times(random);
    return all;
}

constexpr std::uint64_t taken(Sampler const& sampler, int n)
{
    std::uint64_t all = 0;
    auto random = sampler.numbers(0);
    for (int i = 0; i < n; ++i) all += sampler.times(random);
    return all;
}

}  // namespace

TEST_CASE("the random numbers are those of SplitMix64")
{
    detail::SplitMix zero{0};
    CHECK(zero() == 0xe220a8397b1dcdaf);
    CHECK(zero() == 0x6e789e6aa1b965f4);
    CHECK(zero() == 0x06c45d188009454f);
}

TEST_CASE("all are taken, or none, where the fraction says so")
{
    VERIFY(taken(Sampler{false, 1, 3}, 100) == 100);
    VERIFY(taken(Sampler{false, 0, 3}, 100) == 0);
    VERIFY(taken(Sampler{true, 0, 3}, 100) == 0);
}

TEST_CASE("each seed and each partition has numbers of its own, the same ones each time")
{
    for (bool const withReplacement : {false, true}) {
        Sampler const one{withReplacement, 0.5, 1};
        CHECK(timesOf(one, 0, 100) == timesOf(Sampler{withReplacement, 0.5, 1}, 0, 100));
        CHECK(timesOf(one, 0, 100) != timesOf(one, 1, 100));
        CHECK(timesOf(one, 0, 100) != timesOf(Sampler{withReplacement, 0.5, 2}, 0, 100));
    }
}

TEST_CASE("a large mean is the sum of small ones")
{
    for (auto const times : timesOf(Sampler{true, 1000, 5}, 0, 50)) {
        CHECK(times > 800);  // six deviations
        CHECK(times < 1200);
    }
}
