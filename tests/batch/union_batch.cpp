#include <sluice/batch/union_batch.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/union_with.hpp>

#include "../operators/laws.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <vector>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr auto twice = [](int x) { return 2 * x; };

// Records of one kind are handed on as they are; of a reference and a value there is a reference.
using Alike = NodeOf<decltype(rdd({1}) | unionWith(rdd({2})))>;
static_assert(std::is_same_v<RecordOf<Alike>, int const&> && Alike::stored && Alike::stable);
using Mixed = NodeOf<decltype(rdd({1}) | unionWith(rdd({2}) | map(twice)))>;
static_assert(std::is_same_v<RecordOf<Mixed>, int const&> && !Mixed::stored);
using Values = NodeOf<decltype(rdd({1}) | map(twice) | unionWith(rdd({2}) | map(twice)))>;
static_assert(std::is_same_v<RecordOf<Values>, int>);

struct UpTo {
    int last;
    std::vector<int>* seen;

    bool operator()(int x)
    {
        seen->push_back(x);
        return x < last;
    }
};

}  // namespace

TEST_CASE("what stands behind a union runs over all of it, and may stop in it")
{
    auto const all = rdd({1, 2, 3}) | unionWith(rdd({4, 5, 6}));
    CHECK((all | filter([](int x) { return x % 2 == 0; }) | reduce(std::plus{})) == 12);
    CHECK((all | take(4)) == std::vector{1, 2, 3, 4});
    CHECK(obeysErasureLaw(unionWith(rdd({9})), std::vector{1, 2}));
}

TEST_CASE("a loop may stop in any of the batches, and go on from there")
{
    auto const one = rdd({1, 2, 3}, 2);
    auto const other = rdd({4, 5});
    detail::UnionBatch const all{one.node(), other.node()};
    REQUIRE(all.partitions() == 3);
    CHECK(all.resumable());
    std::vector<int> seen;
    UpTo sink{4, &seen};
    CHECK(all.each(2, 0, sink) == 1);
    sink.last = 9;
    CHECK(all.each(2, 1, sink) == 2);
    CHECK(seen == std::vector{4, 5});
    CHECK(!all.isEmpty(0));
}
