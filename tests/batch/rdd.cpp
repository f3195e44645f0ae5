#include <sluice/batch/rdd.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include "../operators/laws.hpp"
#include "../verify.hpp"

#include <array>
#include <functional>
#include <random>
#include <span>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};

// What it is: records that lie side by side.
using Leaf = NodeOf<decltype(rdd(numbers))>;
static_assert(std::is_same_v<RecordOf<Leaf>, int const&> && std::is_same_v<ValueOf<Leaf>, int>);
static_assert(Leaf::stored && Leaf::stable && Leaf::resumable());
static_assert(RDDOf<decltype(rdd(numbers)), int> && !RDDOf<decltype(rdd(numbers)), long> && !RDDOf<int, int>);

// `RDD batch = …` keeps the expression, RDD<T> forgets it.
RDD kept = rdd(numbers);
static_assert(std::is_same_v<decltype(kept), RDD<int, detail::Slices<int>>>);
static_assert(std::is_convertible_v<decltype(kept), RDD<int>>);

constexpr std::size_t sizeOf(std::size_t partition, std::size_t of)
{
    auto const node = rdd(numbers, of).node();
    detail::CountSink sink;
    node.each(partition, 0, sink);
    return static_cast<std::size_t>(sink.count);
}

/// A batch of long, and what it should hold.
struct Both {
    RDD<long> batch;
    std::vector<long> oracle;
};

/// One random step. In half of the cases the step stands on what RDD<long> has left, in the others two are fused.
Both step(Both const& before, std::mt19937& random)
{
    long const n = static_cast<long>(random() % 7);
    auto const add = map([n](long x) { return x + n; });
    auto const drop = filter([n](long x) { return x % 7 != n; });
    auto const fork = flatMap([n](long x) { return std::array{x, x * n % 1000}; });
    std::vector<long> oracle;
    auto const each = [&](auto f) {
        for (long x : before.oracle) f(x);
    };
    switch (random() % 5) {
        case 0: each([&](long x) { oracle.push_back(x + n); }); return {before.batch | add, oracle};
        case 1:
            each([&](long x) {
                if (x % 7 != n) oracle.push_back(x);
            });
            return {before.batch | drop, oracle};
        case 2: each([&](long x) { oracle.insert(oracle.end(), {x, x * n % 1000}); }); return {before.batch | fork, oracle};
        case 3:
            each([&](long x) {
                if ((x + n) % 7 != n) oracle.push_back(x + n);
            });
            return {before.batch | add | drop, oracle};
        default:
            each([&](long x) {
                for (long y : {x, x * n % 1000}) {
                    if (y % 7 != n) oracle.push_back(y);
                }
            });
            return {before.batch | (fork | drop), oracle};
    }
}

}  // namespace

TEST_CASE("rdd views an lvalue and owns a temporary")
{
    std::vector<int> lvalue{1, 2, 3};
    auto const viewed = rdd(lvalue);
    auto const owned = rdd(std::vector<int>{1, 2, 3});
    lvalue[0] = 7;
    CHECK((viewed | collect()) == std::vector{7, 2, 3});
    CHECK((owned | collect()) == std::vector{1, 2, 3});

    VERIFY((rdd({1, 2}) | collect()) == std::vector{1, 2});
    VERIFY((rdd(std::array{1, 2}) | collect()) == std::vector{1, 2});
    CHECK((rdd(std::span{lvalue}.subspan(1)) | collect()) == std::vector{2, 3});
}

TEST_CASE("rdd cuts into partitions of equal size, in order")
{
    VERIFY(rdd(numbers, 3).numPartitions() == 3);
    static_assert(sizeOf(0, 3) == 2 && sizeOf(1, 3) == 2 && sizeOf(2, 3) == 3);
    static_assert(rdd(numbers, 9).node().isEmpty(0) && !rdd(numbers, 9).node().isEmpty(8));
    VERIFY((rdd(numbers, 20) | collect()) == (rdd(numbers) | collect()));
    CHECK_THROWS_AS(std::ignore = rdd(numbers, 0), InvalidArgument);
}

TEST_CASE("a batch may be kept, copied and run again")
{
    auto batch = rdd({1, 2, 3}) | map([](int x) { return 2 * x; });
    auto const copy = batch;
    auto const moved = std::move(batch);
    CHECK((copy | collect()) == std::vector{2, 4, 6});
    CHECK((moved | collect()) == std::vector{2, 4, 6});
    CHECK((moved | collect()) == std::vector{2, 4, 6});
}

TEST_CASE("a batch is a node that functions take as it is, or as any")
{
    auto const asItIs = [](RDDOf<int> auto batch) { return batch | count(); };
    auto const any = [](RDD<int> batch) { return batch | count(); };
    CHECK(asItIs(rdd(numbers)) == 7);
    CHECK(any(rdd(numbers) | map([](int x) { return -x; })) == 7);
}

TEST_CASE("random pipelines over random batches give what a plain vector gives")
{
    std::mt19937 random{1};
    for (int round = 0; round < 300; ++round) {
        std::vector<long> records(random() % (round % 10 == 0 ? 3000 : 20));
        for (long& x : records) x = static_cast<long>(random() % 1000);
        Both both{rdd(records, 1 + random() % 5), records};
        for (auto steps = random() % 6; steps > 0 && both.oracle.size() < 10'000; --steps) both = step(both, random);

        REQUIRE((both.batch | collect()) == both.oracle);
        REQUIRE((both.batch | count()) == static_cast<std::int64_t>(both.oracle.size()));
        if (both.oracle.empty()) continue;
        long sum = 0;
        for (long x : both.oracle) sum += x;
        REQUIRE((both.batch | reduce(std::plus{})) == sum);
    }
}
