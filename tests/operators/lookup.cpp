#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/lookup.hpp>
#include <sluice/operators/map.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <limits>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Pair = std::pair<int, int>;
constexpr Pair pairs[] = {{1, 10}, {2, 20}, {1, 11}, {3, 30}, {2, 21}, {1, 12}};

using Views = std::vector<std::pair<std::string_view, std::string_view>>;
static_assert(std::is_same_v<decltype(rdd(std::declval<Views&>()) | lookup("a")), std::vector<std::string>>);

// What it takes.
template <class K, class Record>
constexpr bool accepts = detail::Lookup<K>::template accepts<detail::Slices<Record>>;
enum class Colour { red, green };
struct NoKey {
    explicit NoKey(int) {}
};
static_assert(accepts<long, Pair> && accepts<char const*, std::pair<std::string, int>> && accepts<Colour, std::pair<Colour, int>>);
static_assert(accepts<std::pair<std::string, long>, std::pair<std::pair<std::string_view, int>, int>>);
static_assert(!accepts<int, int> && !accepts<int, std::pair<std::string, int>> && !accepts<int, std::pair<Colour, int>>);
static_assert(!accepts<NoKey, std::pair<NoKey, int>> && !accepts<char const*, std::pair<char const*, int>>);
static_assert(!accepts<std::tuple<int, int>, std::pair<std::tuple<int>, int>>);
static_assert(!accepts<int, std::pair<int, std::unique_ptr<int>>> && !accepts<int, std::pair<int, std::span<int>>>);

}  // namespace

TEST_CASE("lookup gives the values of one key, in the order of the batch")
{
    VERIFY((rdd(pairs, 3) | lookup(1)) == std::vector{10, 11, 12});
    VERIFY((rdd(pairs, 9) | filter([](Pair p) { return p.second != 20; }) | lookup(2)) == std::vector{21});
    VERIFY((rdd(pairs, 2) | lookup(4)).empty());
    VERIFY((rdd(std::vector<Pair>{}, 2) | lookup(4)).empty());
}

TEST_CASE("lookup obeys the laws")
{
    static_assert(obeysPartitionLaw(lookup(1), pairs));
    CHECK(obeysErasureLaw(lookup(1), pairs));
    static_assert(obeysPipeLaw(filter([](Pair p) { return p.second > 10; }), lookup(1), pairs));
}

TEST_CASE("a key may be of another type")
{
    SUBCASE("text")
    {
        std::vector<std::pair<std::string, int>> const texts{{"a", 1}, {"b", 2}, {"a", 3}};
        CHECK((rdd(texts, 2) | lookup("a")) == std::vector{1, 3});
        CHECK((rdd(texts, 2) | lookup("a"sv)) == std::vector{1, 3});
        CHECK((rdd(texts, 2) | lookup("b"s)) == std::vector{2});
        Views const views{{"a", "x"}, {"a text of more than sixteen bytes", "another text of more than sixteen bytes"}};
        CHECK((rdd(views) | lookup(std::string{views[1].first})) == std::vector{std::string{views[1].second}});
    }
    SUBCASE("numbers, by value")
    {
        VERIFY((rdd(pairs, 2) | lookup(3.0)) == std::vector{30});
        VERIFY((rdd(pairs, 2) | lookup(std::uint8_t{3})) == std::vector{30});
        VERIFY((rdd({std::pair{-1, 1}}) | lookup(std::numeric_limits<unsigned>::max())).empty());
        VERIFY((rdd({std::pair{-1, 1}}) | lookup(std::int64_t{-1})) == std::vector{1});
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        VERIFY((rdd({std::pair{nan, 1}, std::pair{-0.0, 2}}) | lookup(nan)) == std::vector{1});
        VERIFY((rdd({std::pair{nan, 1}, std::pair{-0.0, 2}}) | lookup(0)) == std::vector{2});
    }
    SUBCASE("members of pairs and tuples")
    {
        auto const keyed = rdd({std::pair{std::tuple{"a"s, 1}, 7}, std::pair{std::tuple{"a"s, 2}, 8}});
        CHECK((keyed | lookup(std::tuple{"a", 2L})) == std::vector{8});
        CHECK((keyed | lookup(std::pair{"a"sv, 1})) == std::vector{7});
    }
    SUBCASE("what else is a key, of its own type")
    {
        CHECK((rdd({std::pair{std::optional{1}, 1}, std::pair{std::optional<int>{}, 2}}) | lookup(std::optional<int>{})) == std::vector{2});
        CHECK((rdd({std::pair{Colour::red, 1}, std::pair{Colour::green, 2}}) | lookup(Colour::green)) == std::vector{2});
    }
}

TEST_CASE("lookup owns text that lives no longer than one record, and only the values of the key are copied")
{
    std::vector<std::string> const lines{"a text of more than sixteen bytes", "b"};
    auto const made = rdd(lines, 2) | map([](std::string const& line) { return line + '!'; }) |
                      flatMap([](std::string_view text) { return std::array{std::pair{text.substr(0, 1), text.substr(1)}}; });
    static_assert(!NodeOf<decltype(made)>::stable);
    CHECK((made | lookup('a' + ""s)) == std::vector{lines[0].substr(1) + '!'});

    std::vector<std::pair<int, Tracked>> tracked(10);
    for (int i = 0; i < 10; ++i) tracked[static_cast<std::size_t>(i)].first = i;
    Tracked::reset();
    CHECK((rdd(tracked) | lookup(3)).size() == 1);
    CHECK(Tracked::copies == 1);
}

TEST_CASE("lookup gives values that can only be moved, where they are made on the way")
{
    auto const boxes = rdd(pairs, 2) | map([](Pair p) { return std::pair{p.first, std::make_unique<int>(p.second)}; }) | lookup(2);
    REQUIRE(boxes.size() == 2);
    CHECK(*boxes[1] == 21);
}

TEST_CASE("what fails before lookup names its operator and the partition")
{
    auto const throwing = map([](Pair p) { return p.first == 3 ? throw std::out_of_range{"three"} : p; });
    auto const failure = failureOf([&] { return rdd(pairs, 6) | throwing | lookup(1); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 3);
}
