#include <sluice/operators/map.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/run_batches.hpp>

#include "laws.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr auto twice = [](int x) { return 2 * x; };

}  // namespace

TEST_CASE("batches follow one another, with their partitions, their order and their duplicates")
{
    auto const all = rdd({1, 2}, 2) | unionWith(rdd({2, 3}), rdd({4}, 3) | map(twice));
    CHECK(all.numPartitions() == 6);
    CHECK((all | collect()) == std::vector{1, 2, 2, 3, 8});
}

TEST_CASE("any number of batches may be united")
{
    auto const one = rdd({1});
    CHECK((one | unionWith(one, one, one, one, one, one, rdd({2})) | collect()) == std::vector{1, 1, 1, 1, 1, 1, 1, 2});
}

TEST_CASE("streams are united batch by batch")
{
    auto const out = testing::runBatches<int, int>({{1}, {}, {3}}, {{2}, {4}, {}}, [](auto a, auto b) { return a | unionWith(b); });
    CHECK(out == testing::Batches<int>{{1, 2}, {4}, {3}});
}
