#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/group_by_key.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_partitions.hpp>
#include <sluice/operators/map_partitions_with_index.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5};
constexpr auto plus = [](int a, int b) { return a + b; };
constexpr auto twice = [](int x) { return 2 * x; };
constexpr auto same = [](auto part) { return part; };
constexpr auto sum = [](auto part) { return std::array{part | fold(0, plus)}; };
constexpr auto twiceOdd = [](auto part) { return part | filter([](int x) { return x % 2 != 0; }) | map(twice); };

// What it is: made on the way, by an f that is called once.
template <class F>
using Mapped = NodeOf<decltype(rdd(numbers) | mapPartitions(std::declval<F>()))>;
static_assert(std::is_same_v<RecordOf<Mapped<decltype(same)>>, int const&>);
static_assert(std::is_same_v<RecordOf<Mapped<decltype(twiceOdd)>>, int>);
static_assert(std::is_same_v<RecordOf<Mapped<decltype(sum)>>, int&&>);
static_assert(!Mapped<decltype(same)>::stored && !Mapped<decltype(same)>::resumable() && !Mapped<decltype(same)>::isEmpty(0));

// What it takes.
template <class F>
constexpr bool accepts = detail::MapPartitions<F>::template accepts<detail::Slices<int>>;
static_assert(accepts<decltype(same)> && accepts<decltype(sum)>);
static_assert(accepts<decltype([](RDD<int> part) { return part; })>);
static_assert(accepts<decltype([](auto part) { return std::optional{part | count()}; })>);
static_assert(!accepts<decltype([](RDD<long> part) { return part; })>);
static_assert(!accepts<decltype([](int x) { return std::array{x}; })>);
static_assert(!accepts<decltype([](auto part) { return part | count(); })>, "a number is no range");
static_assert(!accepts<decltype([](auto) {})>);
static_assert(!accepts<decltype([n = 0](auto part) mutable { return ++n, part; })>);

}  // namespace

TEST_CASE("mapPartitions calls f once for each partition, also for an empty one")
{
    VERIFY((rdd(numbers, 2) | mapPartitions(sum) | collect()) == std::vector{3, 12});
    VERIFY((rdd({7}, 3) | mapPartitions(sum) | collect()) == std::vector{0, 0, 7});
    VERIFY((rdd(std::vector<int>{}, 2) | mapPartitions(sum) | collect()) == std::vector{0, 0});
    CHECK((rdd(numbers, 2) | mapPartitions(sum)).numPartitions() == 2);
    int calls = 0;
    auto const counting = rdd(numbers, 5) | mapPartitions([&calls](auto part) { return ++calls, part; });
    CHECK((counting | reduce(plus)) == 15);
    CHECK(calls == 5);
}

TEST_CASE("the operators of a batch that f returns fuse with the others")
{
    VERIFY((rdd(numbers, 2) | map(twice) | mapPartitions(same) | reduce(plus)) == 30);
    VERIFY((rdd(numbers, 2) | mapPartitions(twiceOdd) | collect()) == std::vector{2, 6, 10});
    static_assert(obeysPartitionLaw(mapPartitions(twiceOdd), numbers));
    static_assert(obeysPipeLaw(mapPartitions(twiceOdd), mapPartitions(sum), numbers));
    CHECK(obeysErasureLaw(mapPartitions(twiceOdd), numbers));
    CHECK(obeysErasureLaw(mapPartitions([](RDD<int> part) -> RDD<int> { return part | map(twice); }), numbers));
}

TEST_CASE("f gives a batch of one partition, and may return one of several")
{
    std::vector<std::size_t> partitions;
    auto const headed = rdd(numbers, 2) | mapPartitions([&partitions](auto part) {
                            partitions.push_back(part.numPartitions());
                            return rdd({0}) | unionWith(part, rdd({9}));
                        });
    CHECK((headed | collect()) == std::vector{0, 1, 2, 9, 0, 3, 4, 5, 9});
    CHECK(partitions == std::vector<std::size_t>{1, 1});
    CHECK(headed.numPartitions() == 2);
    CHECK((headed | take(2)) == std::vector{0, 1});
    CHECK((headed | filter([](int x) { return x > 2; }) | collect()) == std::vector{9, 3, 4, 5, 9});
}

TEST_CASE("actions and exchanges in f run over its partition alone")
{
    auto const counts = rdd(numbers, 2) | mapPartitions([](auto part) {
                            return part | map([](int x) { return std::pair{x % 2, 1}; }) | reduceByKey(plus, 3);
                        });
    CHECK((counts | filter([](int key, int) { return key == 1; }) | collect()) == std::vector<std::pair<int, int>>{{1, 1}, {1, 2}});
}

TEST_CASE("a partition may be kept beyond f, and what f refers to may be its own variables")
{
    std::vector<RDD<int>> kept;
    {
        auto const all = rdd(std::vector{1, 2, 3}, 2) | map([add = 1](int x) { return x + add; }) | mapPartitions([&kept](auto part) {
                             kept.push_back(part);
                             auto const local = map(twice);
                             return part | local;
                         });
        CHECK((all | collect()) == std::vector{4, 6, 8});
    }
    REQUIRE(kept.size() == 2);
    CHECK((kept[1] | collect()) == std::vector{3, 4});
}

TEST_CASE("what f makes lives as long as it is looked at")
{
    std::vector<std::string> const lines{"words_of_more_than_sixteen_bytes", "b"};
    auto const made = rdd(lines, 2) | mapPartitions([](auto part) {
                          return rdd(part | collect()) | map([](std::string const& line) -> std::string_view { return line; });
                      });
    CHECK((made | collect()) == lines);
    RDD<std::string_view> const any = made;
    CHECK((any | collect()) == lines);
    CHECK((made | map([](std::string_view line) { return std::pair{line, 1}; }) | reduceByKey(plus) | count()) == 2);
    CHECK((rdd({1, 2}) | mapPartitions([](auto part) { return part | map([](int n) { return std::make_unique<int>(n); }); }) |
           map([](std::unique_ptr<int> p) { return *p; }) | collect()) == std::vector{1, 2});
}

TEST_CASE("what f throws names the mapPartitions, what an operator in it throws that one, and both the partition")
{
    auto const throwing = mapPartitions([](auto part) {
        if ((part | reduce(plus)) == 5) throw std::out_of_range{"five"};
        return part;
    });
    int const line = __LINE__ - 4;
    auto const failure = failureOf([&] { return rdd(numbers, 5) | throwing | count(); });
    CHECK(failure.kind == "mapPartitions");
    CHECK(failure.line == line);
    CHECK(failure.partition == 4);
    CHECK(failure.cause == "five");

    auto const bad = map([](int x) { return x == 3 ? throw std::out_of_range{"three"} : x; });
    auto const lazy = failureOf([&] { return rdd(numbers, 5) | mapPartitions([&](auto part) { return part | bad; }) | count(); });
    CHECK(lazy.kind == "map");
    CHECK(lazy.partition == 2);
    auto const eager =
        failureOf([&] { return rdd(numbers, 5) | mapPartitions([&](auto part) { return part | bad | collect(); }) | count(); });
    CHECK(eager.kind == "map");
    CHECK(eager.partition == 2);
    auto const exchanged = failureOf([&] {
        return rdd(numbers, 5) |
               mapPartitions([&](auto part) { return part | bad | map([](int x) { return std::pair{x, x}; }) | reduceByKey(plus); }) |
               count();
    });
    CHECK(exchanged.kind == "map");
    CHECK(exchanged.partition == 2);
}

TEST_CASE("in a stream an error has its batch time, too")
{
    try {
        static_cast<void>(testing::runBatches<int>({{1, 2}, {3, 4}}, [](auto in) {
            return in | mapPartitions([](auto part) { return (part | reduce(plus)) == 4 ? throw std::out_of_range{"four"} : part; });
        }));
        FAIL("nothing was thrown");
    } catch (StreamError const& error) {
        CHECK(std::string_view{error.label().kind} == "mapPartitions");
        CHECK(error.batchTime() == 2'000'000);
        CHECK(error.partition() == 1);
    }
}

TEST_CASE("in a stream f is called for the partitions of an empty batch, and no RDD stays none")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        std::atomic<int> calls = 0;
        auto const out = testing::runBatches<int>(
            {{1, 2, 3}, {}, std::nullopt},
            [&](auto in) {
                return in | map(twice) | mapPartitions([&](auto part) { return ++calls, part | map([](int x) { return x + 1; }); });
            },
            {.master = master});
        CHECK(out == testing::Batches<int>{{3, 5, 7}, {}, std::nullopt});
        CHECK(calls == 4);
    }
    auto const erased = testing::runBatches<int>({{1, 2, 3}}, [](DStream<int> in) -> DStream<int> { return in | mapPartitions(sum); });
    CHECK(erased == testing::Batches<int>{{1, 5}});
}

TEST_CASE("what is partitioned by key is so behind it where f says that it leaves keys alone")
{
    auto const pairs = rdd({std::pair{1, 2}, std::pair{2, 3}, std::pair{1, 4}}) | partitionBy(7);
    auto const large = [](auto part) { return part | filter([](int, int v) { return v > 2; }); };
    CHECK((pairs | mapPartitions(large) | groupByKey()).numPartitions() == 1);
    CHECK((pairs | mapPartitions(large, true) | groupByKey()).numPartitions() == 7);
    auto const indexed = [](std::size_t, auto part) { return part; };
    CHECK((pairs | mapPartitionsWithIndex(indexed, true) | groupByKey()).numPartitions() == 7);
}
