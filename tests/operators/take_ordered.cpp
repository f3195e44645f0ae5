#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/take_ordered.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {4, 2, 7, 1, 5, 6, 3};
constexpr auto shorter = [](std::string_view a, std::string_view b) { return a.size() < b.size(); };
constexpr auto byFirst = [](std::pair<int, int> a, std::pair<int, int> b) { return a.first < b.first; };

using Views = std::vector<std::string_view>;
static_assert(std::is_same_v<decltype(rdd(std::declval<Views&>()) | takeOrdered(1)), std::vector<std::string>>);

// What it takes.
template <class Less, class Record = int>
constexpr bool accepts = detail::TakeOrdered<Less>::template accepts<detail::Slices<Record>>;
struct NoOrder {
    explicit NoOrder(int) {}
};
static_assert(accepts<detail::NaturalOrder> && accepts<detail::NaturalOrder, std::string_view>);
static_assert(accepts<decltype(shorter), std::string_view>);
static_assert(!accepts<detail::NaturalOrder, NoOrder>);
static_assert(!accepts<decltype([](auto const&, auto const&) { return true; }), std::unique_ptr<int>>);
static_assert(!accepts<decltype([n = 0](int a, int b) mutable { return ++n, a < b; })>);

/// Pairs whose first members repeat, and whose second ones say where they stood.
std::vector<std::pair<int, int>> repeating(int size)
{
    std::vector<std::pair<int, int>> pairs;
    for (int i = 0; i < size; ++i) pairs.emplace_back(i * 7919 % 13, i);
    return pairs;
}

}  // namespace

TEST_CASE("takeOrdered gives the least records, in their order")
{
    VERIFY((rdd(numbers, 3) | takeOrdered(3)) == std::vector{1, 2, 3});
    VERIFY((rdd(numbers, 2) | takeOrdered(2, [](int a, int b) { return a > b; })) == std::vector{7, 6});
    VERIFY((rdd(numbers, 7) | takeOrdered(100)) == std::vector{1, 2, 3, 4, 5, 6, 7});
    VERIFY((rdd(numbers, 2) | takeOrdered(0)).empty());
    VERIFY((rdd(std::vector<int>{}, 2) | takeOrdered(3)).empty());
    CHECK((rdd(numbers, 9) | takeOrdered(std::numeric_limits<std::size_t>::max())).size() == 7);
}

TEST_CASE("takeOrdered obeys the laws")
{
    static_assert(obeysPartitionLaw(takeOrdered(4), numbers));
    static_assert(obeysPipeLaw(filter([](int x) { return x > 2; }), takeOrdered(2), numbers));
    CHECK(obeysErasureLaw(takeOrdered(4), numbers));
}

TEST_CASE("takeOrdered is a stable sort, cut off; however the batch is cut")
{
    auto const pairs = repeating(200);
    auto sorted = pairs;
    std::stable_sort(sorted.begin(), sorted.end(), byFirst);
    for (std::size_t n : {1UL, 2UL, 20UL, 77UL, 200UL}) {
        for (std::size_t partitions : {1UL, 2UL, 3UL, 7UL, 200UL, 300UL}) {
            auto const expected = std::vector(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n));
            CHECK((rdd(pairs, partitions) | takeOrdered(n, byFirst)) == expected);
        }
    }
}

TEST_CASE("NaN stands behind every number")
{
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t n = 1; n <= 4; ++n) {
        CHECK((rdd({nan, 2.0, nan, 1.0}, n) | takeOrdered(2)) == std::vector{1.0, 2.0});
    }
}

TEST_CASE("takeOrdered of views compares them, and gives what owns")
{
    Views const views{"be", "a text of more than sixteen bytes", "am", "or"};
    CHECK((rdd(views, 2) | takeOrdered(2)) == std::vector<std::string>{std::string{views[1]}, "am"});
    CHECK((rdd(views, 2) | takeOrdered(2, shorter)) == std::vector<std::string>{"be", "am"});

    SUBCASE("also where their bytes live no longer than one record")
    {
        auto const made = rdd(views, 2) | map([](std::string_view text) { return std::string{text} + '!'; }) |
                          flatMap([](std::string_view text) { return std::array{text, text.substr(1)}; });
        static_assert(!NodeOf<decltype(made)>::stable);
        CHECK((made | takeOrdered(3)) == std::vector<std::string>{" text of more than sixteen bytes!", std::string{views[1]} + '!', "am!"});
    }
    SUBCASE("also in pairs")
    {
        auto const sized = rdd(views, 3) | map([](std::string_view text) { return std::pair{text.size(), text}; });
        CHECK((sized | takeOrdered(2)) ==
              std::vector{std::pair{std::size_t{2}, std::string{"am"}}, std::pair{std::size_t{2}, std::string{"be"}}});
    }
}

TEST_CASE("takeOrdered gives what can only be moved, where it is made on the way")
{
    auto const boxes = rdd(numbers, 2) | map([](int x) { return std::make_unique<int>(x); }) |
                       takeOrdered(2, [](auto const& a, auto const& b) { return *a < *b; });
    REQUIRE(boxes.size() == 2);
    CHECK(*boxes[0] == 1);
    CHECK(*boxes[1] == 2);
}

TEST_CASE("only records that have a place are copied")
{
    std::vector<Tracked> records;
    for (int i = 0; i < 100; ++i) records.emplace_back(i);
    Tracked::reset();
    auto const least = rdd(records) | takeOrdered(3, [](Tracked const& a, Tracked const& b) { return a.value < b.value; });
    CHECK(least[2].value == 2);
    CHECK(Tracked::copies == 3);
}

TEST_CASE("takeOrdered in foreachRDD, on workers too")
{
    for (auto const* master : {"inline", "local[2]"}) {
        std::vector<int> seen;
        ManualClock const clock;
        StreamingContext context{{.master = master, .clock = clock, .exclusive = false}, std::chrono::seconds{1}};
        testing::literalStream<int>(context, {{4, 2, 7, 1}, {}}, 4) | foreachRDD([&seen](auto batch) {
            for (int x : batch | takeOrdered(2)) seen.push_back(x);
        });
        context.start();
        clock.advance(std::chrono::seconds{2});
        context.awaitBatches();
        context.stop();
        CHECK(seen == std::vector{1, 2});
    }
}

TEST_CASE("what less throws names the takeOrdered and its line, and the partition")
{
    auto const throwing = [](int a, int b) { return a == 6 || b == 6 ? throw std::domain_error{"six"} : a < b; };
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { return rdd(numbers, 2) | takeOrdered(1, throwing); });
    CHECK(failure.kind == "takeOrdered");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "six");
    CHECK(failureOf([&] { return rdd(numbers, 7) | takeOrdered(1, throwing); }).kind == "takeOrdered");
}
