#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <functional>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto twice = [](int x) { return 2 * x; };
constexpr auto next = [](int x) { return x + 1; };

struct City {
    std::string name;
    int people;
    [[nodiscard]] std::size_t length() const { return name.size(); }
};

template <class Record, class F>
using Mapped = NodeOf<decltype(rdd(std::declval<std::vector<Record> const&>()) | map(std::declval<F>()))>;

// What it is: records made on the way, which do not lie in the batch.
using Doubled = NodeOf<decltype(rdd(numbers) | map(twice))>;
static_assert(std::is_same_v<RecordOf<Doubled>, int>);
static_assert(!Doubled::stored && Doubled::stable);
static_assert((rdd(numbers) | map(twice)).node().resumable());

// It pushes exactly what f returns.
using ToReference = Mapped<City, std::string City::*>;
static_assert(std::is_same_v<RecordOf<ToReference>, std::string const&>);
static_assert(!ToReference::stored);

// A view of a stored record looks into the batch, and so does a view of such a view; a view of a record made on the
// way does not.
constexpr auto trim = [](std::string_view text) { return text.substr(1); };
constexpr auto copy = [](std::string_view text) { return std::string{text}; };
static_assert(Mapped<std::string, decltype(trim)>::stable);
static_assert(NodeOf<decltype(rdd(std::declval<std::vector<std::string>&>()) | map(trim) | map(trim))>::stable);
static_assert(!NodeOf<decltype(rdd(std::declval<std::vector<std::string>&>()) | map(copy) | map(trim))>::stable);
using Counted = decltype([](std::string_view text) { return std::pair{text, 1}; });
static_assert(Mapped<std::string, Counted>::stable);

// What it takes.
template <class F>
constexpr bool acceptsInts = detail::Map<F>::template accepts<detail::Slices<int>>;
static_assert(acceptsInts<decltype(twice)>);
static_assert(acceptsInts<int (*)(int)>);
static_assert(!acceptsInts<decltype([](std::string_view) { return 1; })>);
static_assert(!acceptsInts<decltype([](int) {})>, "there is no record of nothing");
static_assert(!acceptsInts<decltype([n = 0](int x) mutable { return n += x; })>, "several threads call it at once");

int tenTimes(int x) { return 10 * x; }

}  // namespace

TEST_CASE("map turns every record into one other, in order")
{
    VERIFY((rdd({1, 2, 3}) | map(twice) | collect()) == std::vector{2, 4, 6});
    static_assert((rdd({1, 2, 3}, 2) | map(twice)).numPartitions() == 2);
    static_assert((rdd(std::vector<int>{}) | map(twice) | collect()).empty());
}

TEST_CASE("map takes functions, members, and functions of the members of a pair or tuple")
{
    VERIFY((rdd({std::pair{1, 2}, std::pair{3, 4}}) | map(std::plus{}) | collect()) == std::vector{3, 7});
    static_assert((rdd({std::tuple{1, 2, 3}}) | map([](int a, int b, int c) { return a * b * c; }) | collect()) == std::vector{6});
    static_assert((rdd({std::pair{1, 2}}) | map(&std::pair<int, int>::second) | collect()) == std::vector{2});

    std::vector<City> const cities{{"Rome", 2}, {"Bonn", 3}};
    CHECK((rdd(cities) | map(&City::name) | collect()) == std::vector<std::string>{"Rome", "Bonn"});
    CHECK((rdd(cities) | map(&City::length) | collect()) == std::vector<std::size_t>{4, 4});
    CHECK((rdd({1, 2}) | map(tenTimes) | collect()) == std::vector{10, 20});
}

TEST_CASE("map obeys the laws")
{
    static_assert(obeysPartitionLaw(map(twice), numbers));
    static_assert(obeysPipeLaw(map(twice), map(next), numbers));
    CHECK(obeysErasureLaw(map(copy), std::vector<std::string_view>{"a", "b", "a string of more than sixteen bytes"}));

    SUBCASE("of composition: one after the other is one")
    {
        VERIFY((rdd(numbers) | map(twice) | map(next) | collect()) ==
               (rdd(numbers) | map([](int x) { return next(twice(x)); }) | collect()));
    }
    SUBCASE("of identity: to keep a record changes nothing")
    {
        static_assert((rdd(numbers) | map([](int x) { return x; }) | collect()) == (rdd(numbers) | collect()));
    }
}

TEST_CASE("records that can only be moved pass through map")
{
    auto const boxed = rdd({1, 2, 3, 4}, 2) | map([](int x) { return std::make_unique<int>(x); });
    CHECK((boxed | map([](std::unique_ptr<int> p) { return *p; }) | collect()) == std::vector{1, 2, 3, 4});
    CHECK((boxed | filter([](std::unique_ptr<int> const& p) { return *p % 2 == 0; }) | map([](std::unique_ptr<int> p) { return *p; }) |
           collect()) == std::vector{2, 4});
    CHECK(*(boxed | reduce([](std::unique_ptr<int> a, std::unique_ptr<int> b) { return std::make_unique<int>(*a + *b); })) == 10);
}

TEST_CASE("map calls f once for each record, whoever runs the loop")
{
    int calls = 0;
    auto const counting = rdd(numbers, 2) | map([&calls](int x) {
                              ++calls;
                              return x;
                          });
    SUBCASE("a loop from the first record to the last") { CHECK((counting | count()) == 7); }
    SUBCASE("a reduction, which takes its first record out of the loop") { CHECK((counting | reduce(std::plus{})) == 28); }
    SUBCASE("a reduction of what passes a filter")
    {
        CHECK((counting | filter([](int x) { return x > 2; }) | reduce(std::plus{})) == 25);
    }
    SUBCASE("a reduction behind RDD<T>")
    {
        RDD<int> const any = counting;
        CHECK((any | filter([](int x) { return x > 2; }) | reduce(std::plus{})) == 25);
    }
    CHECK(calls == 7);
}

TEST_CASE("map is taken, not referred to")
{
    auto const clean = [](auto batch) {
        std::string const suffix = "!";
        auto const shout = map([suffix](std::string const& s) { return s + suffix; }) | map(&std::string::size);
        return batch | shout;
    };
    std::vector<std::string> const texts{"a", "a string of more than sixteen bytes"};
    CHECK((clean(rdd(texts)) | collect()) == std::vector<std::size_t>{2, 36});

    SUBCASE("by copy or by move, and never again when it runs")
    {
        Tracked big{3};
        auto op = map([big](int x) { return big.value * x; });
        Tracked::reset();
        auto const copied = rdd(numbers) | op;
        CHECK(Tracked::copies == 1);
        auto const moved = rdd(numbers) | std::move(op);
        CHECK(Tracked::copies == 1);
        CHECK((copied | reduce(std::plus{})) == 84);
        CHECK((moved | count()) == 7);
        CHECK(Tracked::copies == 1);
    }
}

TEST_CASE("what f throws names the map, its line and the partition")
{
    auto const throwing = map([](int x) { return x == 6 ? throw std::out_of_range{"six"} : x; });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { return rdd(numbers, 3) | throwing | collect(); });
    CHECK(failure.kind == "map");
    CHECK(failure.line == line);
    CHECK(failure.partition == 2);
    CHECK(failure.cause == "six");
}
