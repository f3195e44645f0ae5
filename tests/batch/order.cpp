#include <sluice/batch/order.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace sluice;
using detail::before;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
struct Hit {
    std::string_view url;
    double seconds;
};
struct Numbers {
    int numbers[2];
    std::optional<Hit> hit;
};
struct Backwards {
    int x;
    friend bool operator<(Backwards a, Backwards b) { return b.x < a.x; }
};
struct HoldsPlain {
    class Inner {
        [[maybe_unused]] int x_ = 0;
    } inner;
};
struct Tree {
    int x;
    std::vector<Tree> children;
};

/// Whether values that are given in order are told apart as they stand, each equal to itself.
template <class T>
bool inOrder(std::vector<T> const& values)
{
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (std::size_t j = 0; j < values.size(); ++j) {
            if (before<T>(values[i], values[j]) != (i < j)) return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("NaN stands behind all numbers, wherever it is")
{
    using Row = std::vector<double>;
    CHECK(inOrder<int>({-1, 0, 2}));
    CHECK(inOrder<double>({-1, 0, std::numeric_limits<double>::infinity(), nan}));
    CHECK(inOrder<std::pair<double, int>>({{1, 5}, {2, 0}, {2, 1}, {nan, 0}, {nan, 1}}));
    CHECK(inOrder<std::tuple<int, float, char>>({{0, 1.0F, 'b'}, {0, static_cast<float>(nan), 'a'}, {1, 0.0F, 'a'}}));
    CHECK(inOrder<std::optional<double>>({std::nullopt, -1.0, 3.0, nan}));
    CHECK(inOrder<std::optional<std::pair<int, double>>>({std::nullopt, std::pair{0, nan}, std::pair{1, 2.0}, std::pair{1, nan}}));
    CHECK(inOrder<Row>({{}, {1}, {1, 2}, {1, nan}, {2}, {nan}, {nan, 0}}));
    CHECK(inOrder<std::string>({"", "a", "ab", "b"}));
    CHECK(inOrder<std::vector<bool>>({{}, {false}, {false, true}, {true}}));
    CHECK(!before(0.0, -0.0));
    CHECK(!before(-0.0, 0.0));
}

TEST_CASE("plain structs are ordered by their members, unless they say how")
{
    CHECK(inOrder<Hit>({{"a", 1}, {"a", 2}, {"a", nan}, {"b", 0}}));
    CHECK(inOrder<Numbers>({{{1, 2}, {}}, {{1, 3}, {}}, {{1, 3}, Hit{"a", 1}}, {{2, 0}, {}}}));
    CHECK(inOrder<Backwards>({{2}, {1}, {0}}));
    CHECK(inOrder<Tree>({{1, {}}, {1, {{0, {}}}}, {1, {{0, {}}, {0, {}}}}, {1, {{1, {}}}}}));
    static_assert(detail::isOrdered<Hit>() && detail::isOrdered<Tree>() && detail::isOrdered<std::vector<Numbers>>());
}

TEST_CASE("what has an order")
{
    static_assert(detail::isOrdered<int>() && detail::isOrdered<std::optional<std::vector<std::string>>>());
    static_assert(detail::isOrdered<std::pair<int, std::tuple<double>>>());
    static_assert(!detail::isOrdered<int*>() && !detail::isOrdered<HoldsPlain>() && !detail::isOrdered<std::optional<HoldsPlain>>());
    static_assert(!detail::isOrdered<std::unique_ptr<int>>() && !detail::isOrdered<std::pair<int, std::shared_ptr<int>>>());
    static_assert(!detail::isOrdered<std::vector<char const*>>() && !detail::isOrdered<std::pair<int, HoldsPlain::Inner>>());
    static_assert(before(1, 2) && before(std::pair{1, 2}, std::pair{1, 3}));
    CHECK(detail::isOrdered<std::string_view>());
}
