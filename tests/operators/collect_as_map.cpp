#include <sluice/operators/collect_as_map.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <memory>
#include <span>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

using Pair = std::pair<int, int>;
constexpr Pair pairs[] = {{1, 10}, {2, 20}, {1, 11}, {3, 30}, {2, 21}, {1, 12}};

using Views = std::vector<std::pair<std::string_view, std::string_view>>;
static_assert(std::is_same_v<decltype(rdd(std::declval<Views&>()) | collectAsMap()), std::map<std::string, std::string>>);

// What it takes.
template <class Record>
constexpr bool accepts = detail::CollectAsMap::accepts<detail::Slices<Record>>;
struct NoOrder {};
static_assert(accepts<Pair> && accepts<std::pair<std::tuple<int, std::string_view>, int>>);
static_assert(!accepts<int> && !accepts<std::pair<NoOrder, int>> && !accepts<std::pair<char const*, int>>);
static_assert(!accepts<std::pair<int, std::span<int>>> && !accepts<std::pair<int, std::unique_ptr<int>>>);

}  // namespace

TEST_CASE("collectAsMap gives the last value of each key, in the order of partitions")
{
    for (std::size_t n : {1UL, 2UL, 3UL, 6UL, 9UL}) {
        CHECK((rdd(pairs, n) | collectAsMap()) == std::map<int, int>{{1, 12}, {2, 21}, {3, 30}});
    }
    CHECK((rdd(pairs, 3) | filter([](Pair p) { return p.second % 10 == 0; }) | collectAsMap()) ==
          std::map<int, int>{{1, 10}, {2, 20}, {3, 30}});
    CHECK((rdd(std::vector<Pair>{}, 2) | collectAsMap()).empty());
}

TEST_CASE("collectAsMap obeys the laws")
{
    CHECK(obeysPartitionLaw(collectAsMap(), pairs));
    CHECK(obeysErasureLaw(collectAsMap(), pairs));
    CHECK(obeysPipeLaw(filter([](Pair p) { return p.first > 1; }), collectAsMap(), pairs));
}

TEST_CASE("collectAsMap owns text, also such as lives no longer than one record")
{
    std::vector<std::string> const lines{"a text of more than sixteen bytes", "b"};
    auto const made = rdd(lines, 2) | map([](std::string const& line) { return line + '!'; }) |
                      flatMap([](std::string_view text) { return std::array{std::pair{text.substr(1), text.substr(0, 1)}}; });
    static_assert(!NodeOf<decltype(made)>::stable);
    CHECK((made | collectAsMap()) == std::map<std::string, std::string>{{lines[0].substr(1) + '!', "a"}, {"!", "b"}});
}

TEST_CASE("collectAsMap gives values that can only be moved, where they are made on the way")
{
    auto const boxes = rdd(pairs, 2) | map([](Pair p) { return std::pair{p.first, std::make_unique<int>(p.second)}; }) | collectAsMap();
    CHECK(*boxes.at(1) == 12);
}

TEST_CASE("what fails before collectAsMap names its operator and the partition")
{
    auto const throwing = map([](Pair p) { return p.first == 3 ? throw std::out_of_range{"three"} : p; });
    auto const failure = failureOf([&] { return rdd(pairs, 6) | throwing | collectAsMap(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 3);
}
