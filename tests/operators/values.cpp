#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/values.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <memory>

using namespace sluice;
using namespace sluice::tests;

namespace {

using Pair = std::pair<char, int>;
constexpr Pair pairs[] = {{'a', 1}, {'b', 2}, {'a', 3}};
constexpr auto pairOf = [](char key, int value) { return Pair{key, value}; };

// What it is: of a stored pair the value where it lies, of a made one the value itself.
using Stored = NodeOf<decltype(rdd(pairs) | values())>;
static_assert(std::is_same_v<RecordOf<Stored>, int const&> && Stored::stored && Stored::stable);
using Made = NodeOf<decltype(rdd(pairs) | map(pairOf) | values())>;
static_assert(std::is_same_v<RecordOf<Made>, int&&> && !Made::stored && Made::stable);

// What it takes.
template <class Record>
constexpr bool accepts = decltype(values())::accepts<detail::Slices<Record>>;
static_assert(accepts<Pair> && !accepts<int> && !accepts<std::tuple<char, int>>, "there are pairs only");

}  // namespace

TEST_CASE("values gives the value of every pair")
{
    VERIFY((rdd(pairs) | values() | collect()) == std::vector{1, 2, 3});
    VERIFY((rdd(pairs) | map(pairOf) | values() | reduce([](int a, int b) { return a + b; })) == 6);
    static_assert((rdd(std::vector<Pair>{}) | values() | count()) == 0);
}

TEST_CASE("values obeys the laws")
{
    static_assert(obeysPartitionLaw(values(), pairs));
    static_assert(obeysPipeLaw(mapValues([](int n) { return -n; }), values(), pairs));
    CHECK(obeysErasureLaw(values(), pairs));
    CHECK(obeysErasureLaw(values(), std::vector<std::pair<int, std::string>>{{1, "a value of more than sixteen bytes"}, {2, "b"}}));
}

TEST_CASE("values that are made on the way are moved")
{
    auto const boxed = map([](char key, int n) { return std::pair{key, std::make_unique<int>(n)}; });
    CHECK((rdd(pairs) | boxed | values() | map([](std::unique_ptr<int> n) { return *n; }) | collect()) == std::vector{1, 2, 3});
}

TEST_CASE("in a stream an empty batch stays empty and no RDD none")
{
    auto const out = testing::runBatches<std::pair<int, int>>({{{1, 2}, {3, 4}}, {}, std::nullopt}, [](auto in) { return in | values(); });
    CHECK(out == testing::Batches<int>{{2, 4}, {}, std::nullopt});
}
