#include <sluice/operators/count.hpp>
#include <sluice/operators/flat_map_values.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

using Pair = std::pair<char, int>;
constexpr Pair pairs[] = {{'a', 1}, {'b', 2}, {'a', 3}};
constexpr auto twins = [](int n) { return std::array{n, -n}; };
constexpr auto oddOnly = [](int n) { return n % 2 != 0 ? std::optional{n} : std::nullopt; };

// What it is: pairs made on the way, without a position inside of an expansion.
using Twins = NodeOf<decltype(rdd(pairs) | flatMapValues(twins))>;
static_assert(std::is_same_v<RecordOf<Twins>, Pair> && !Twins::stored);
static_assert(!(rdd(pairs) | flatMapValues(twins)).node().resumable());

// Views into a value look into the batch where the value lies there, or is a view of what does.
using Lines = std::vector<std::pair<int, std::string>>;
static_assert(NodeOf<decltype(rdd(std::declval<Lines&>()) | flatMapValues(split()))>::stable);
static_assert(!NodeOf<decltype(rdd(std::declval<Lines&>()) | map([](int key, std::string const& line) { return std::pair{key, line}; }) |
                               flatMapValues(split()))>::stable);

// What it takes.
template <class F, class Record = Pair>
constexpr bool accepts = detail::FlatMapValues<F>::template accepts<detail::Slices<Record>>;
static_assert(accepts<decltype(twins)> && accepts<decltype(oddOnly)>);
static_assert(!accepts<decltype(twins), int>, "there are pairs only");
static_assert(!accepts<decltype([](int n) { return n; })>, "a value alone is no range of them");
static_assert(!accepts<decltype([](int) {})>);
static_assert(!accepts<decltype([n = 0](int) mutable { return std::array{n++}; })>);

}  // namespace

TEST_CASE("flatMapValues turns every value into none, one or several, behind its key")
{
    VERIFY((rdd(pairs) | flatMapValues(twins) | collect()) ==
           std::vector<Pair>{{'a', 1}, {'a', -1}, {'b', 2}, {'b', -2}, {'a', 3}, {'a', -3}});
    VERIFY((rdd(pairs) | flatMapValues(oddOnly) | collect()) == std::vector<Pair>{{'a', 1}, {'a', 3}});
    static_assert((rdd(std::vector<Pair>{}) | flatMapValues(twins) | count()) == 0);
}

TEST_CASE("flatMapValues obeys the laws")
{
    static_assert(obeysPartitionLaw(flatMapValues(twins), pairs));
    static_assert(obeysPipeLaw(flatMapValues(twins), flatMapValues(oddOnly), pairs));
    CHECK(obeysErasureLaw(flatMapValues(split()), Lines{{1, "to be"}, {2, ""}, {3, "words_of_more_than_sixteen_bytes and others"}}));
}

TEST_CASE("a key that cannot be copied stands before one value at most")
{
    auto const box = map([](char key, int n) { return std::pair{std::make_unique<char>(key), n}; });
    auto const open = map([](std::unique_ptr<char> key, int n) { return Pair{*key, n}; });
    CHECK((rdd(pairs) | box | flatMapValues(oddOnly) | open | collect()) == std::vector<Pair>{{'a', 1}, {'a', 3}});
}

TEST_CASE("what f makes lives as long as it is looked at")
{
    Lines const lines{{1, "words_of_more_than_sixteen_bytes here"}};
    auto const made = rdd(lines) | map([](int key, std::string const& line) { return std::pair{key, line}; });
    CHECK((made | flatMapValues(split()) | collect()) == Lines{{1, "words_of_more_than_sixteen_bytes"}, {1, "here"}});
}

TEST_CASE("flatMapValues stops in the middle of an expansion when nobody wants more")
{
    int calls = 0;
    auto const counting = rdd(pairs) | flatMapValues([&calls](int n) {
                              ++calls;
                              return std::array{n, n, n};
                          });
    CHECK((counting | take(2)) == std::vector<Pair>{{'a', 1}, {'a', 1}});
    CHECK(calls == 1);
}

TEST_CASE("what f throws names the flatMapValues, its line and the partition")
{
    auto const throwing = flatMapValues([](int x) { return x == 2 ? throw std::out_of_range{"two"} : std::array{x}; });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { return rdd(pairs, 3) | throwing | count(); });
    CHECK(failure.kind == "flatMapValues");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "two");
}

TEST_CASE("in a stream an empty batch stays empty and no RDD none")
{
    using Pairs = testing::Batches<std::pair<int, int>>;
    auto const out =
        testing::runBatches<std::pair<int, int>>({{{1, 2}, {3, 4}}, {}, std::nullopt}, [](auto in) { return in | flatMapValues(twins); });
    CHECK(out == Pairs{{{1, 2}, {1, -2}, {3, 4}, {3, -4}}, {}, std::nullopt});
}
