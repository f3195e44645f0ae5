#include <sluice/exchange/sort_exchange.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/sort_by.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>
#include <tuple>

using namespace sluice;
using namespace sluice::detail;

namespace {

struct NoOrder {
    explicit NoOrder(int) {}
};
static_assert(isSortKey<int> && isSortKey<std::string> && isSortKey<std::tuple<int, double>>);
static_assert(!isSortKey<NoOrder> && !isSortKey<char const*> && !isSortKey<std::pair<int, NoOrder>> && !isSortKey<std::pair<int, int*>>);

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("before is an order, also of NaN and of tuples that hold it")
{
    CHECK(before(1, 2));
    CHECK(!before(2, 2));
    CHECK(before(std::numeric_limits<double>::infinity(), nan));
    CHECK(!before(nan, 1.0));
    CHECK(!before(nan, nan));
    CHECK(!before(0.0, -0.0));
    CHECK(before(std::pair{1, nan}, std::pair{2, 0.0}));
    CHECK(before(std::pair{1, 5.0}, std::pair{1, nan}));
    CHECK(!before(std::pair{1, nan}, std::pair{1, nan}));
    CHECK(before(std::tuple{1, nan, 2}, std::tuple{1, nan, 3}));
    CHECK(!before(std::tuple{1, nan, 3}, std::tuple{1, nan, 2}));
    CHECK(!before(std::tuple{}, std::tuple{}));
}

TEST_CASE("an exchange is sorted once, and again for another batch in the same memory")
{
    int calls = 0;
    auto const sorted = rdd({3, 1, 2}, 2) | sortBy([&](int x) {
                            ++calls;
                            return -x;
                        });
    CHECK((sorted | collect()) == std::vector{3, 2, 1});
    CHECK((sorted | collect()) == std::vector{3, 2, 1});
    CHECK(calls == 3);

    using Op = SortBy<std::negate<>, bool>;
    using Up = Slices<int>;
    SortExchange<Up, Op> exchange;
    auto const op = makeCounted<Box<Op>>(Op{std::negate<>{}, true, 2, CallSite::here()});
    for (std::vector<int> const& numbers : {std::vector{5, 6, 7, 8}, std::vector{2, 1}, std::vector<int>{}, std::vector{4, 9, 3}}) {
        exchange.plan(op, rdd(numbers, 3).node());
        exchange.prepare();
        std::vector<int> out;
        for (std::size_t p = 0; p < exchange.partitions(); ++p) {
            out.insert(out.end(), exchange.part(p).begin(), exchange.part(p).end());
        }
        auto expected = numbers;
        std::sort(expected.begin(), expected.end(), std::greater{});
        CHECK(out == expected);
        exchange.clear();
    }
}
