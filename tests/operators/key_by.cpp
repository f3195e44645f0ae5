#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/key_by.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5};
constexpr auto parity = [](int x) { return x % 2; };
constexpr auto firstWord = [](std::string const& text) { return std::string_view{text}.substr(0, text.find(' ')); };
constexpr auto copy = [](std::string_view text) { return std::string{text}; };

// What it is: pairs made on the way, of values.
template <class Record, class F>
using Keyed = NodeOf<decltype(rdd(std::declval<std::vector<Record> const&>()) | keyBy(std::declval<F>()))>;
using ByParity = Keyed<int, decltype(parity)>;
static_assert(std::is_same_v<RecordOf<ByParity>, std::pair<int, int>>);
static_assert(!ByParity::stored && ByParity::stable);
static_assert((rdd(numbers) | keyBy(parity)).node().resumable());
static_assert(std::is_same_v<RecordOf<Keyed<std::pair<std::string, int>, decltype(&std::pair<std::string, int>::first)>>,
                             std::pair<std::string, std::pair<std::string, int>>>);

// A view into a record lasts where the record lies in the batch.
static_assert(Keyed<std::string, decltype(firstWord)>::stable);
static_assert(!NodeOf<decltype(rdd(std::declval<std::vector<std::string>&>()) | map(copy) | keyBy(firstWord))>::stable);

// What it takes.
template <class F, class Record = int>
constexpr bool accepts = detail::KeyBy<F>::template accepts<detail::Slices<Record>>;
static_assert(accepts<decltype(parity)>);
static_assert(accepts<decltype([](int a, int) { return a; }), std::pair<int, int>>);
static_assert(!accepts<decltype(firstWord)>);
static_assert(!accepts<decltype([](int) {})>);
static_assert(!accepts<decltype([](int& x) { return x; })>, "the record is still to be handed on");
static_assert(!accepts<decltype([n = 0](int x) mutable { return n += x; })>);
static_assert(!accepts<decltype([](std::unique_ptr<int> const& p) { return *p; }), std::unique_ptr<int>>, "what is stored cannot be moved");

}  // namespace

TEST_CASE("keyBy puts the key before every record")
{
    VERIFY((rdd({3, 4}) | keyBy(parity) | collect()) == std::vector<std::pair<int, int>>{{1, 3}, {0, 4}});
    static_assert((rdd(std::vector<int>{}) | keyBy(parity) | count()) == 0);
}

TEST_CASE("keyBy obeys the laws")
{
    static_assert(obeysPartitionLaw(keyBy(parity), numbers));
    static_assert(obeysPipeLaw(keyBy(parity), keyBy([](int key, int x) { return key + x; }), numbers));
    CHECK(obeysErasureLaw(keyBy(parity), numbers));
    CHECK(obeysErasureLaw(keyBy(firstWord), std::vector<std::string>{"a b", "some words of more than sixteen bytes"}));
}

TEST_CASE("records that are made on the way are moved behind a key that owns")
{
    auto const box = map([](int n) { return std::make_unique<int>(n); });
    auto const keyed = rdd(numbers) | box | keyBy([](std::unique_ptr<int> const& p) { return *p % 2; });
    CHECK((keyed | map([](int key, std::unique_ptr<int> p) { return 10 * key + *p; }) | collect()) == std::vector{11, 2, 13, 4, 15});
}

TEST_CASE("a key that looks into a record that is made on the way lives as long as it is looked at")
{
    std::vector<std::string> const lines{"a b", "word and more than sixteen bytes"};
    auto const expected = std::vector<std::pair<std::string, std::string>>{{"a", lines[0]}, {"word", lines[1]}};
    auto const keyed = rdd(lines) | map(copy) | keyBy(firstWord);
    CHECK((keyed | collect()) == expected);
    CHECK((keyed | map([](auto pair) { return pair; }) | filter([](auto const&) { return true; }) | collect()) == expected);
    RDD<std::pair<std::string_view, std::string>> const any = keyed;
    CHECK((any | collect()) == expected);
    auto const pointers = rdd(lines) | map(copy) | keyBy([](std::string const& line) { return line.data(); });
    CHECK((pointers | map([](char const* key, std::string const&) { return *key; }) | collect()) == std::vector{'a', 'w'});
}

TEST_CASE("what f throws names the keyBy, its line and the partition")
{
    auto const throwing = keyBy([](int x) { return x == 5 ? throw std::out_of_range{"five"} : x; });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { return rdd(numbers, 5) | throwing | count(); });
    CHECK(failure.kind == "keyBy");
    CHECK(failure.line == line);
    CHECK(failure.partition == 4);
    CHECK(failure.cause == "five");
}

TEST_CASE("in a stream every record gets its key, an empty batch stays empty and no RDD none")
{
    using Pairs = testing::Batches<std::pair<int, int>>;
    auto const out = testing::runBatches<int>({{1, 2, 3}, {}, std::nullopt}, [](auto in) { return in | keyBy(parity); });
    CHECK(out == Pairs{{{1, 1}, {0, 2}, {1, 3}}, {}, std::nullopt});
    auto const sums =
        testing::runBatches<int>({{1, 2, 3}}, [](auto in) { return in | keyBy(parity) | reduceByKey([](int a, int b) { return a + b; }); });
    CHECK(sums == Pairs{{{1, 4}, {0, 2}}});
}
