#include <sluice/operators/count.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5};
using Parts = std::vector<std::vector<int>>;
constexpr auto copy = [](std::string_view text) { return std::string{text}; };
constexpr auto twice = [](int x) { return 2 * x; };

// What it is: text stays a view, and lasts where its bytes lie in the batch.
template <class Batch>
using Glommed = NodeOf<decltype(std::declval<Batch>() | glom())>;
using Lines = decltype(rdd(std::declval<std::vector<std::string> const&>()));
using Words = decltype(std::declval<Lines>() | flatMap(split()));
using Made = decltype(std::declval<Lines>() | map(copy) | flatMap(split()));
static_assert(std::is_same_v<RecordOf<Glommed<Words>>, std::vector<std::string_view>>);
static_assert(std::is_same_v<RecordOf<Glommed<Made>>, std::vector<std::string_view>>);
static_assert(!Glommed<Words>::stored && Glommed<Words>::stable && !Glommed<Made>::stable);

// What it takes.
template <class Record>
constexpr bool accepts = decltype(glom())::accepts<detail::Slices<Record>>;
static_assert(accepts<int> && accepts<std::string_view> && accepts<std::span<int>>);
static_assert(!accepts<std::unique_ptr<int>>, "what is stored cannot be moved");

}  // namespace

TEST_CASE("glom makes one record of each partition, also of an empty one")
{
    VERIFY((rdd(numbers, 2) | glom() | collect()) == Parts{{1, 2}, {3, 4, 5}});
    VERIFY((rdd({1}, 3) | glom() | collect()) == Parts{{}, {}, {1}});
    VERIFY((rdd(std::vector<int>{}, 2) | glom() | collect()) == Parts{{}, {}});
    CHECK((rdd(numbers, 2) | glom()).numPartitions() == 2);
    CHECK((rdd(numbers, 2) | unionWith(rdd({6}) | map(twice)) | glom() | collect()) == Parts{{1, 2}, {3, 4, 5}, {12}});
}

TEST_CASE("operators behind glom fuse with it, and may stop")
{
    VERIFY((rdd(numbers, 2) | map(twice) | glom() | map(&std::vector<int>::size) | reduce([](auto a, auto b) { return a * b; })) == 6);
    CHECK((rdd(numbers, 5) | glom() | take(1)) == Parts{{1}});
    CHECK(obeysErasureLaw(glom(), numbers));
    static_assert(obeysPipeLaw(glom(), flatMap([](std::vector<int> part) { return part; }), numbers));
}

TEST_CASE("records that are made on the way are moved, and their bytes kept")
{
    CHECK((rdd(numbers) | map([](int n) { return std::make_unique<int>(n); }) | glom() |
           map([](std::vector<std::unique_ptr<int>> all) { return *all.at(4); }) | collect()) == std::vector{5});

    std::vector<std::string> const lines{"words_of_more_than_sixteen_bytes here", "and there"};
    auto const words = rdd(lines) | map(copy) | flatMap(split());
    CHECK((words | glom() | collect()) ==
          std::vector<std::vector<std::string>>{{"words_of_more_than_sixteen_bytes", "here", "and", "there"}});
    RDD<std::string_view> const any = words;
    CHECK((any | glom() | collect()) == (words | glom() | collect()));
}

TEST_CASE("what throws before a glom keeps its name and the partition")
{
    auto const throwing = map([](int x) { return x == 5 ? throw std::out_of_range{"five"} : x; });
    auto const failure = failureOf([&] { return rdd(numbers, 5) | throwing | glom() | count(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 4);
}

TEST_CASE("in a stream there is one vector for each partition, also of an empty batch, and no RDD stays none")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        auto const out = testing::runBatches<int>({{1, 2, 3}, {}, std::nullopt}, [](auto in) { return in | glom(); }, {.master = master});
        CHECK(out == testing::Batches<std::vector<int>>{{{1}, {2, 3}}, {{}, {}}, std::nullopt});
    }
}
