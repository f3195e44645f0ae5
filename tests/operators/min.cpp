#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/min.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

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
static_assert(std::is_same_v<decltype(rdd(std::declval<Views&>()) | min()), std::string>);

// What it takes.
template <class Less, class Record = int>
constexpr bool accepts = detail::Min<Less>::template accepts<detail::Slices<Record>>;
struct NoOrder {
    explicit NoOrder(int) {}
};
static_assert(accepts<detail::NaturalOrder> && accepts<detail::NaturalOrder, std::string_view>);
static_assert(accepts<decltype(shorter), std::string_view>);
static_assert(!accepts<detail::NaturalOrder, NoOrder>);
static_assert(!accepts<detail::NaturalOrder, Views>, "a vector of views is not made of one of strings");
static_assert(!accepts<decltype([](auto const&, auto const&) { return true; }), std::unique_ptr<int>>);
static_assert(!accepts<decltype([n = 0](int a, int b) mutable { return ++n, a < b; })>);
static_assert(!accepts<decltype([](std::string const& a, std::string const& b) { return a < b; }), std::string_view>);

}  // namespace

TEST_CASE("min gives the least record")
{
    VERIFY((rdd({2, 1, 3}, 2) | min()) == 1);
    VERIFY((rdd(numbers, 3) | min([](int a, int b) { return a > b; })) == 7);
    VERIFY((rdd({9}, 4) | min()) == 9);
}

TEST_CASE("min obeys the laws")
{
    static_assert(obeysPartitionLaw(min(), numbers));
    static_assert(obeysPipeLaw(filter([](int x) { return x > 3; }), min(), numbers));
    CHECK(obeysErasureLaw(min(), numbers));
}

TEST_CASE("of equal records min gives the first")
{
    constexpr std::pair<int, int> pairs[] = {{2, 0}, {1, 1}, {1, 2}, {2, 3}, {1, 4}};
    static_assert(obeysPartitionLaw(min(byFirst), pairs));
    VERIFY((rdd(pairs, 2) | min(byFirst)) == std::pair{1, 1});
}

TEST_CASE("NaN stands behind every number, wherever a batch is cut")
{
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t n = 1; n <= 4; ++n) {
        CHECK((rdd({nan, 2.0, nan, 1.0}, n) | min()) == 1.0);
        auto const none = rdd({nan, nan, nan}, n) | min();
        CHECK(none != none);
    }
}

TEST_CASE("min of views compares them, and gives what owns")
{
    Views const views{"be", "a text of more than sixteen bytes", "am", "or"};
    CHECK((rdd(views, 2) | min()) == "a text of more than sixteen bytes");
    CHECK((rdd(views, 2) | min(shorter)) == "be");

    SUBCASE("also where their bytes live no longer than one record")
    {
        auto const made = rdd(views, 2) | map([](std::string_view text) { return std::string{text} + '!'; }) |
                          flatMap([](std::string_view text) { return std::array{text, text.substr(1)}; });
        static_assert(!NodeOf<decltype(made)>::stable);
        CHECK((made | min()) == " text of more than sixteen bytes!");
    }
    SUBCASE("also in pairs")
    {
        auto const sized = rdd(views, 3) | map([](std::string_view text) { return std::pair{text.size(), text}; });
        CHECK((sized | min()) == std::pair<std::size_t, std::string>{2, "am"});
    }
}

TEST_CASE("min gives what can only be moved, where it is made on the way")
{
    auto const boxes = rdd(numbers, 2) | map([](int x) { return std::make_unique<int>(x); });
    CHECK(*(boxes | min([](auto const& a, auto const& b) { return *a < *b; })) == 1);
}

TEST_CASE("min of nothing is an invalid argument")
{
    CHECK_THROWS_WITH_AS(rdd(std::vector<int>{}, 2) | min(), doctest::Contains("sluice::min()"), InvalidArgument);
}

TEST_CASE("min in a stream is one record a batch, none of an empty one, and no RDD of none")
{
    auto const out = testing::runBatches<int>({{4, 2, 7}, {}, std::nullopt, {5}}, [](auto in) { return in | min(); });
    CHECK(out == testing::Batches<int>{{2}, {}, std::nullopt, {5}});
}

TEST_CASE("what less throws names the min, its name and its line, and in a partition the partition")
{
    auto const throwing = [](int a, int b) { return a == 6 || b == 6 ? throw std::domain_error{"six"} : a < b; };
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { return rdd(numbers, 2) | min(throwing); });
    CHECK(failure.kind == "min");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "six");
    CHECK_THROWS_WITH_AS(static_cast<void>(testing::runBatches<int>(
                             {{1}, {2, 6}}, [&](auto in) { return in | min(throwing) | named("least"); }, {.partitions = 1})),
                         doctest::Contains("sluice::min \"least\""), StreamError);
}
