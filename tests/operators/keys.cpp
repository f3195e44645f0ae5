#include <sluice/operators/count.hpp>
#include <sluice/operators/keys.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <map>
#include <memory>

using namespace sluice;
using namespace sluice::tests;

namespace {

using Pair = std::pair<char, int>;
constexpr Pair pairs[] = {{'a', 1}, {'b', 2}, {'a', 3}};
constexpr auto pairOf = [](char key, int value) { return Pair{key, value}; };

// What it is: of a stored pair the key where it lies, of a made one the key itself.
using Stored = NodeOf<decltype(rdd(pairs) | keys())>;
static_assert(std::is_same_v<RecordOf<Stored>, char const&> && Stored::stored && Stored::stable);
using Made = NodeOf<decltype(rdd(pairs) | map(pairOf) | keys())>;
static_assert(std::is_same_v<RecordOf<Made>, char&&> && !Made::stored && Made::stable);
static_assert((rdd(pairs) | keys()).node().resumable());

// What it takes.
template <class Record>
constexpr bool accepts = decltype(keys())::accepts<detail::Slices<Record>>;
static_assert(accepts<Pair> && accepts<std::pair<char const, int>>);
static_assert(!accepts<int> && !accepts<std::tuple<char, int>>, "there are pairs only");

}  // namespace

TEST_CASE("keys gives the key of every pair, as often as it stands there")
{
    VERIFY((rdd(pairs) | keys() | collect()) == std::vector{'a', 'b', 'a'});
    VERIFY((rdd(pairs) | map(pairOf) | keys() | collect()) == std::vector{'a', 'b', 'a'});
    static_assert((rdd(std::vector<Pair>{}) | keys() | count()) == 0);
}

TEST_CASE("keys obeys the laws")
{
    static_assert(obeysPartitionLaw(keys(), pairs));
    static_assert(obeysPipeLaw(mapValues([](int n) { return -n; }), keys(), pairs));
    CHECK(obeysErasureLaw(keys(), pairs));
    CHECK(obeysErasureLaw(keys(), std::vector<std::pair<std::string, int>>{{"a key of more than sixteen bytes", 1}, {"b", 2}}));
}

TEST_CASE("keys that are made on the way are moved, stored ones are not copied")
{
    auto const boxed = map([](char key, int n) { return std::pair{std::make_unique<char>(key), n}; });
    CHECK((rdd(pairs) | boxed | keys() | map([](std::unique_ptr<char> key) { return *key; }) | collect()) == std::vector{'a', 'b', 'a'});

    std::vector<std::pair<Tracked, int>> const stored{{Tracked{1}, 0}, {Tracked{2}, 0}};
    Tracked::reset();
    CHECK((rdd(stored) | keys() | map(&Tracked::value) | reduce([](int a, int b) { return a + b; })) == 3);
    CHECK(Tracked::copies == 0);
}

TEST_CASE("keys of a map are const, and come as they are")
{
    std::map<int, int> const table{{1, 2}, {3, 4}};
    std::vector<std::pair<int const, int>> const entries(table.begin(), table.end());
    CHECK((rdd(entries) | keys() | collect()) == std::vector{1, 3});
}

TEST_CASE("in a stream an empty batch stays empty and no RDD none")
{
    auto const out = testing::runBatches<std::pair<int, int>>({{{1, 2}, {3, 4}}, {}, std::nullopt}, [](auto in) { return in | keys(); });
    CHECK(out == testing::Batches<int>{{1, 3}, {}, std::nullopt});
}
