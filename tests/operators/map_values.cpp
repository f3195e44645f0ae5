#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

using Pair = std::pair<char, int>;
constexpr Pair pairs[] = {{'a', 1}, {'b', 2}, {'a', 3}};
constexpr auto twice = [](int x) { return 2 * x; };

// What it is: pairs made on the way, of the same key.
using Doubled = NodeOf<decltype(rdd(pairs) | mapValues(twice))>;
static_assert(std::is_same_v<RecordOf<Doubled>, Pair>);
static_assert(!Doubled::stored && Doubled::stable);
static_assert((rdd(pairs) | mapValues(twice)).node().resumable());

// A value is kept, not a reference to it.
using Named = std::pair<int, std::pair<std::string, int>>;
using First = NodeOf<decltype(rdd(std::declval<std::vector<Named>&>()) | mapValues(&Named::second_type::first))>;
static_assert(std::is_same_v<ValueOf<First>, std::pair<int, std::string>>);

// What it takes.
template <class F, class Record = Pair>
constexpr bool accepts = detail::MapValues<F>::template accepts<detail::Slices<Record>>;
static_assert(accepts<decltype(twice)>);
static_assert(accepts<decltype([](int a, int b) { return a + b; }), std::pair<int, std::pair<int, int>>>);
static_assert(!accepts<decltype(twice), int>, "there are pairs only");
static_assert(!accepts<decltype(twice), std::tuple<char, int>>);
static_assert(!accepts<decltype([](std::string_view) { return 1; })>);
static_assert(!accepts<decltype([](int) {})>);
static_assert(!accepts<decltype([n = 0](int x) mutable { return n += x; })>);

}  // namespace

TEST_CASE("mapValues turns every value into another and keeps its key")
{
    VERIFY((rdd(pairs) | mapValues(twice) | collect()) == std::vector<Pair>{{'a', 2}, {'b', 4}, {'a', 6}});
    static_assert((rdd(pairs) | mapValues([](int x) { return x > 1; }) | collect()) ==
                  std::vector<std::pair<char, bool>>{{'a', false}, {'b', true}, {'a', true}});
    static_assert((rdd(std::vector<Pair>{}) | mapValues(twice) | count()) == 0);
}

TEST_CASE("mapValues obeys the laws")
{
    static_assert(obeysPartitionLaw(mapValues(twice), pairs));
    static_assert(obeysPipeLaw(mapValues(twice), mapValues(twice), pairs));
    CHECK(obeysErasureLaw(mapValues(twice), pairs));
    SUBCASE("and is the map of the second member")
    {
        VERIFY((rdd(pairs) | mapValues(twice) | collect()) ==
               (rdd(pairs) | map([](char key, int value) { return Pair{key, twice(value)}; }) | collect()));
    }
}

TEST_CASE("mapValues moves keys and values that are made on the way, and copies stored ones")
{
    auto const box = map([](char, int n) { return std::pair{std::make_unique<int>(n), std::make_unique<int>(-n)}; });
    auto const open = mapValues([](std::unique_ptr<int> p) { return *p; });
    auto const unboxed = rdd(pairs) | box | open;
    CHECK((unboxed | map([](std::unique_ptr<int> key, int value) { return std::pair{*key, value}; }) | collect()) ==
          std::vector{std::pair{1, -1}, std::pair{2, -2}, std::pair{3, -3}});

    std::vector<std::pair<std::string, int>> const stored{{"a key of more than sixteen bytes", 1}};
    CHECK((rdd(stored) | mapValues(twice) | collect()).at(0).first == stored[0].first);
    CHECK(stored[0].first.size() == 32);
}

TEST_CASE("what f throws names the mapValues, its line and the partition")
{
    auto const throwing = mapValues([](int x) { return x == 2 ? throw std::out_of_range{"two"} : x; });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { return rdd(pairs, 3) | throwing | count(); });
    CHECK(failure.kind == "mapValues");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "two");
}
