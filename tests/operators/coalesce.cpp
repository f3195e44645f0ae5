#include <sluice/operators/coalesce.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
using Parts = std::vector<std::vector<int>>;
constexpr auto plus = [](int a, int b) { return a + b; };

// What it is: the same records, where they lay.
using Fewer = NodeOf<decltype(rdd(numbers) | coalesce(1))>;
static_assert(std::is_same_v<RecordOf<Fewer>, int const&> && Fewer::stored && Fewer::stable);
static_assert((rdd(numbers, 7) | coalesce(7)).node().resumable() && !(rdd(numbers, 7) | coalesce(6)).node().resumable());

}  // namespace

TEST_CASE("coalesce joins neighbouring partitions, in their order")
{
    VERIFY((rdd(numbers, 7) | coalesce(3) | glom() | collect()) == Parts{{1, 2}, {3, 4}, {5, 6, 7}});
    VERIFY((rdd(numbers, 7) | coalesce(1) | glom() | collect()) == Parts{{1, 2, 3, 4, 5, 6, 7}});
    VERIFY((rdd(numbers, 2) | coalesce(2) | glom() | collect()) == (rdd(numbers, 2) | glom() | collect()));
    VERIFY((rdd(numbers, 2) | coalesce(9)).numPartitions() == 2);
    VERIFY((rdd({1}, 4) | coalesce(2) | glom() | collect()) == Parts{{}, {1}});
    CHECK_THROWS_AS(static_cast<void>(coalesce(0)), InvalidArgument);
}

TEST_CASE("coalesce changes no record, whatever stands around it")
{
    static_assert(obeysPartitionLaw(coalesce(2), numbers));
    static_assert(obeysPipeLaw(coalesce(3), coalesce(2), numbers));
    CHECK(obeysErasureLaw(coalesce(1), numbers));
    CHECK(obeysErasureLaw(coalesce(1), std::vector<std::string>{"a", "words of more than sixteen bytes", "c"}));
    for (std::size_t n = 1; n <= 8; ++n) {
        for (std::size_t m = 1; m <= 9; ++m) {
            auto const fewer = rdd(numbers, m) | coalesce(n);
            CHECK((fewer | collect()) == (rdd(numbers) | collect()));
            CHECK(fewer.numPartitions() == std::min(n, m));
            CHECK((fewer | filter([](int x) { return x % 2 != 0; }) | collect()) == std::vector{1, 3, 5, 7});
            CHECK((fewer | reduce(plus)) == 28);
            CHECK((fewer | take(4)) == std::vector{1, 2, 3, 4});
        }
    }
}

TEST_CASE("what is known to be empty stays so, and a partition of nothing else")
{
    auto const fewer = (rdd({1, 2}, 6) | coalesce(3)).node();
    CHECK(fewer.isEmpty(0));
    CHECK(!fewer.isEmpty(1));
    CHECK(!fewer.isEmpty(2));
}

TEST_CASE("nothing is computed that nobody wants, and records are moved")
{
    int calls = 0;
    auto const counting = rdd(numbers, 7) | map([&calls](int x) { return ++calls, x; }) | coalesce(1);
    CHECK((counting | take(2)) == std::vector{1, 2});
    CHECK(calls == 2);
    CHECK((rdd(numbers, 7) | map([](int n) { return std::make_unique<int>(n); }) | coalesce(2) |
           map([](std::unique_ptr<int> p) { return *p; }) | reduce(plus)) == 28);
}

TEST_CASE("text that was made on the way passes")
{
    std::vector<std::string> const lines{"words_of_more_than_sixteen_bytes a", "b", "c d"};
    auto const words = rdd(lines, 3) | map([](std::string_view line) { return std::string{line}; }) | flatMap(split()) | coalesce(1);
    CHECK((words | collect()) == std::vector<std::string>{"words_of_more_than_sixteen_bytes", "a", "b", "c", "d"});
}

TEST_CASE("what throws before it is told with the partition behind it")
{
    auto const throwing = map([](int x) { return x == 5 ? throw std::out_of_range{"five"} : x; });
    auto const failure = failureOf([&] { return rdd(numbers, 7) | throwing | coalesce(3) | count(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 2);
}

TEST_CASE("in a stream an empty batch stays empty and no RDD none")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        auto const out = testing::runBatches<int>({{1, 2, 3, 4}, {}, std::nullopt}, [](auto in) { return in | coalesce(2) | glom(); },
                                                  {.partitions = 4, .master = master});
        CHECK(out == testing::Batches<std::vector<int>>{{{1, 2}, {3, 4}}, {{}, {}}, std::nullopt});
    }
    auto const plain = testing::runBatches<int>({{1, 2, 3}, {}, std::nullopt}, [](auto in) { return in | coalesce(1); });
    CHECK(plain == testing::Batches<int>{{1, 2, 3}, {}, std::nullopt});
}
