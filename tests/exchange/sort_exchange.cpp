#include <sluice/exchange/sort_exchange.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/sort_by.hpp>
#include <sluice/operators/sort_by_key.hpp>

#include <doctest/doctest.h>

#include <algorithm>
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

namespace {

/// As std::stable_sort, whichever way the batch is cut.
template <class K, class V, class Make>
void checkSorts(Make const& make)
{
    for (std::size_t size : {0U, 1U, 100U, 20'000U}) {
        std::vector<std::pair<K, V>> rows;
        for (std::size_t i = 0; i < size; ++i) rows.emplace_back(make(i), static_cast<V>(i));
        for (bool ascending : {true, false}) {
            auto expected = rows;
            std::stable_sort(expected.begin(), expected.end(),
                             [&](auto const& a, auto const& b) { return ascending ? before(a.first, b.first) : before(b.first, a.first); });
            for (std::size_t n : {1U, 3U}) {
                for (std::size_t targets : {1U, 2U}) {
                    auto const out = rdd(rows, n) | sortByKey(ascending, targets) | collect();
                    bool same = out.size() == expected.size();
                    for (std::size_t i = 0; same && i < out.size(); ++i) {
                        same = out[i].second == expected[i].second && sameKey(out[i].first, expected[i].first);
                    }
                    CHECK(same);
                }
            }
        }
    }
}

}  // namespace

TEST_CASE("small records that are moved, and others whose places are sorted, stand alike: rising, falling, and as they came")
{
    auto const scattered = [](std::size_t i) { return static_cast<std::int64_t>(i * 0x9e3779b97f4a7c15ULL) >> i % 50; };
    checkSorts<std::int64_t, std::int64_t>(scattered);
    checkSorts<std::int64_t, int>([&](std::size_t i) { return scattered(i) % 20; });
    checkSorts<double, float>([&](std::size_t i) {
        return i % 7 == 0 ? nan : i % 5 == 0 ? -0.0 : i % 3 == 0 ? 0.0 : 1.0 / static_cast<double>(scattered(i));
    });
    checkSorts<std::string, int>([&](std::size_t i) { return "key" + std::to_string(scattered(i) % 300); });
    checkSorts<std::string_view, int>([&](std::size_t i) { return std::string_view{"a long text of many"}.substr(0, i * 7 % 19); });
}
