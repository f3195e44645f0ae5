#include <sluice/batch/order.hpp>
#include <sluice/batch/rank.hpp>

#include "../verify.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace sluice::detail;

namespace {

template <class K>
void checkRanks(std::vector<K> const& keys)
{
    for (auto const& a : keys) {
        for (auto const& b : keys) {
            if (before(a, b)) CHECK((isRankWhole<K> ? rankOf(a) < rankOf(b) : rankOf(a) <= rankOf(b)));
            if (!before(a, b) && !before(b, a)) CHECK(rankOf(a) == rankOf(b));
        }
    }
}

template <class K>
void checkLimits()
{
    using Limits = std::numeric_limits<K>;
    checkRanks<K>({Limits::lowest(), static_cast<K>(Limits::lowest() + 1), K{0}, K{1}, static_cast<K>(Limits::max() - 1), Limits::max()});
}

enum class Level : std::int8_t { low = -3, middle = 0, high = 3 };

}  // namespace

TEST_CASE("ranks stand in the order of keys")
{
    checkLimits<std::int8_t>();
    checkLimits<std::uint8_t>();
    checkLimits<char>();
    checkLimits<wchar_t>();
    checkLimits<std::int32_t>();
    checkLimits<std::uint32_t>();
    checkLimits<std::int64_t>();
    checkLimits<std::uint64_t>();
    checkRanks<bool>({false, true});
    checkRanks<Level>({Level::high, Level::low, Level::middle});
    auto const infinity = std::numeric_limits<double>::infinity();
    checkRanks<double>({std::nan("1"), -infinity, -1e300, -1.0, -1e-320, -0.0, 0.0, 1e-320, 0.5, 1.0, 1e300, infinity, -std::nan("2")});
    checkRanks<float>({std::nanf("1"), -1.0F, 0.0F, -0.0F, 1e-40F, 3.0F});
    checkRanks<std::string_view>({"", std::string_view{"\0", 1}, "a", std::string_view{"a\0", 2}, "ab", "abcdefgh", "abcdefghi", "abcdefgi",
                                  "b", "\x7f", "\x80", "\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff"});
    checkRanks<std::string>({"", "Zeus", "zeus", "zeus and others"});
}

TEST_CASE("to sort by rank is to sort stably")
{
    std::mt19937_64 random{11};
    PageVector<Ranked> room;
    for (std::size_t const size : {0U, 1U, 2U, 63U, 64U, 65U, 1000U, 20'000U}) {
        for (unsigned const shift : {0U, 20U, 48U, 60U, 63U}) {
            PageVector<Ranked> items;
            for (std::size_t i = 0; i < size; ++i) items.push_back({random() >> shift << (shift / 2), i});
            std::vector<Ranked> expected(items.begin(), items.end());
            std::stable_sort(expected.begin(), expected.end(), [](Ranked a, Ranked b) { return a.rank < b.rank; });
            sortByRank(items, room);
            CHECK(std::equal(items.begin(), items.end(), expected.begin(), expected.end(),
                             [](Ranked a, Ranked b) { return a.rank == b.rank && a.at == b.at; }));
        }
    }
}
