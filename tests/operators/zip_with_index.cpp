#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/zip_with_index.hpp>
#include <sluice/testing/run_batches.hpp>

#include "laws.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {10, 11, 12, 13, 14, 15};
template <class T>
using Indexed = std::vector<std::pair<T, std::int64_t>>;

// What it is: pairs made on the way.
using Zipped = NodeOf<decltype(rdd(numbers) | zipWithIndex())>;
static_assert(std::is_same_v<RecordOf<Zipped>, std::pair<int, std::int64_t>>);
static_assert(!Zipped::stored && Zipped::stable && !Zipped::resumable());

// What it takes.
template <class Record>
constexpr bool accepts = decltype(zipWithIndex())::accepts<detail::Slices<Record>>;
static_assert(accepts<int> && accepts<std::string_view>);
static_assert(!accepts<std::unique_ptr<int>>, "what is stored cannot be moved");

}  // namespace

TEST_CASE("zipWithIndex numbers the records in the order of partitions")
{
    for (std::size_t n = 1; n <= 9; ++n) {
        auto const zipped = rdd(numbers, n) | zipWithIndex();
        CHECK((zipped | collect()) == Indexed<int>{{10, 0}, {11, 1}, {12, 2}, {13, 3}, {14, 4}, {15, 5}});
        CHECK(zipped.numPartitions() == n);
    }
    CHECK((rdd(std::vector<int>{}, 3) | zipWithIndex() | collect()).empty());
    auto const odd = rdd(numbers, 3) | filter([](int x) { return x % 2 != 0; });
    CHECK((odd | zipWithIndex() | collect()) == Indexed<int>{{11, 0}, {13, 1}, {15, 2}});
    CHECK((odd | zipWithIndex() | map([](int, std::int64_t i) { return i; }) | reduce([](auto a, auto b) { return a + b; })) == 3);
    CHECK((rdd(numbers, 2) | zipWithIndex() | take(2)) == Indexed<int>{{10, 0}, {11, 1}});
    CHECK(obeysErasureLaw(zipWithIndex(), numbers));
}

TEST_CASE("each partition but the last is counted once, and one alone not at all")
{
    int calls = 0;
    auto const counting = map([&calls](int x) { return ++calls, x; });
    CHECK((rdd(numbers, 1) | counting | zipWithIndex() | count()) == 6);
    CHECK(calls == 6);
    auto const zipped = rdd(numbers, 3) | counting | zipWithIndex();
    CHECK(calls == 6);
    CHECK((zipped | count()) == 6);
    CHECK(calls == 6 + 4 + 6);
    CHECK((zipped | count()) == 6);
    CHECK(calls == 6 + 4 + 6 + 6);
}

TEST_CASE("records that are made on the way are moved, and their bytes live as long as they are looked at")
{
    CHECK((rdd(numbers, 2) | map([](int n) { return std::make_unique<int>(n); }) | zipWithIndex() |
           map([](std::unique_ptr<int> p, std::int64_t i) { return *p - static_cast<int>(i); }) | collect()) == std::vector(6, 10));
    std::vector<std::string> const lines{"words_of_more_than_sixteen_bytes a", "b"};
    auto const words = rdd(lines, 2) | map([](std::string_view line) { return std::string{line}; }) | flatMap(split()) | zipWithIndex();
    CHECK((words | collect()) == Indexed<std::string>{{"words_of_more_than_sixteen_bytes", 0}, {"a", 1}, {"b", 2}});
}

TEST_CASE("what throws while partitions are counted keeps its name and the partition, and is done anew")
{
    bool fails = true;
    auto const throwing = map([&fails](int x) { return x == 12 && fails ? throw std::out_of_range{"twelve"} : x; });
    auto const zipped = rdd(numbers, 6) | throwing | zipWithIndex();
    auto const failure = failureOf([&] { return zipped | count(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 2);
    fails = false;
    CHECK((zipped | map([](int, std::int64_t i) { return i; }) | collect()) == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("in a stream partitions are counted once a batch, an empty batch stays empty and no RDD none")
{
    using Batches = testing::Batches<std::pair<int, std::int64_t>>;
    for (auto const* const master : {"inline", "local[2]"}) {
        std::atomic<int> calls = 0;
        auto const out = testing::runBatches<int>({{5, 6, 7}, {}, std::nullopt, {8}},
                                                  [&](auto in) {
                                                      auto const zipped = in | map([&](int x) { return ++calls, x; }) | zipWithIndex();
                                                      return zipped | unionWith(zipped) | filter([](auto const&) { return true; });
                                                  },
                                                  {.partitions = 3, .batches = 2, .master = master});
        CHECK(out == Batches{{{5, 0}, {6, 1}, {7, 2}, {5, 0}, {6, 1}, {7, 2}}, {}});
        CHECK(calls == 2 + 3 + 3);
    }
    auto const out = testing::runBatches<int>({{5, 6, 7}, {}, std::nullopt, {8}}, [](auto in) { return in | zipWithIndex(); });
    CHECK(out == Batches{{{5, 0}, {6, 1}, {7, 2}}, {}, std::nullopt, {{8, 0}}});
}
