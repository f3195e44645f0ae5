#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach.hpp>
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
constexpr auto isEven = [](int x) { return x % 2 == 0; };
constexpr auto isSmall = [](int x) { return x < 5; };
constexpr auto isLong = [](std::string_view text) { return text.size() > 1; };

// What it is: the same records as before, where they were before.
using Evens = NodeOf<decltype(rdd(numbers) | filter(isEven))>;
static_assert(std::is_same_v<RecordOf<Evens>, int const&>);
static_assert(Evens::stored && Evens::stable);
static_assert((rdd(numbers) | filter(isEven)).node().resumable());

constexpr auto boxed = [](int x) { return std::make_unique<int>(x); };
using Boxes = NodeOf<decltype(rdd(numbers) | map(boxed) | filter([](auto const& p) { return *p > 1; }))>;
static_assert(std::is_same_v<RecordOf<Boxes>, std::unique_ptr<int>>);
static_assert(!Boxes::stored);

// What it takes.
template <class F>
constexpr bool acceptsInts = detail::Filter<F>::template accepts<detail::Slices<int>>;
static_assert(acceptsInts<decltype(isEven)>);
static_assert(acceptsInts<int (*)(int)>, "what converts to bool answers");
static_assert(!acceptsInts<decltype([](std::string_view) { return true; })>);
static_assert(!acceptsInts<decltype([](int) { return std::string{}; })>);
static_assert(!acceptsInts<decltype([](int&) { return true; })>, "a predicate does not change its record");
static_assert(!acceptsInts<decltype([n = 0](int x) mutable { return x > n++; })>, "several threads call it at once");

struct Door {
    int number;
    bool open;
    [[nodiscard]] bool isOpen() const { return open; }
};

}  // namespace

TEST_CASE("filter keeps what the predicate accepts, in order")
{
    VERIFY((rdd({1, 2, 3, 4}) | filter(isEven) | collect()) == std::vector{2, 4});
    static_assert((rdd({1, 3}) | filter(isEven) | collect()).empty());
    static_assert((rdd(std::vector<int>{}) | filter(isEven) | count()) == 0);
    static_assert((rdd({1, 2, 3}, 3) | filter(isEven)).numPartitions() == 3);
}

TEST_CASE("filter takes members, and functions of the members of a pair or tuple")
{
    VERIFY((rdd({std::pair{'a', 1}, std::pair{'b', 3}}) | filter([](auto, int n) { return n > 1; }) | map([](char c, int) { return c; }) |
            collect()) == std::vector{'b'});
    std::vector<Door> const doors{{1, true}, {2, false}, {3, true}};
    CHECK((rdd(doors) | filter(&Door::open) | count()) == 2);
    CHECK((rdd(doors) | filter(&Door::isOpen) | map(&Door::number) | collect()) == std::vector{1, 3});
}

TEST_CASE("filter obeys the laws")
{
    static_assert(obeysPartitionLaw(filter(isEven), numbers));
    static_assert(obeysPipeLaw(filter(isEven), filter(isSmall), numbers));
    CHECK(obeysErasureLaw(filter(isLong), std::vector<std::string_view>{"a", "bc", "a string of more than sixteen bytes"}));

    SUBCASE("of composition: one after the other is both")
    {
        VERIFY((rdd(numbers) | filter(isEven) | filter(isSmall) | collect()) ==
               (rdd(numbers) | filter([](int x) { return isEven(x) && isSmall(x); }) | collect()));
    }
}

TEST_CASE("what filter keeps is the record itself")
{
    std::vector<Tracked> records;
    for (int i = 1; i <= 6; ++i) records.emplace_back(i);
    std::vector<Tracked const*> seen;
    auto const odd = rdd(records) | filter([](Tracked const& t) { return t.value % 2 == 1; });

    Tracked::reset();
    odd | foreach ([&seen](Tracked const& t) { seen.push_back(&t); });
    CHECK(seen == std::vector<Tracked const*>{&records[0], &records[2], &records[4]});
    CHECK(Tracked::copies + Tracked::moves == 0);
}

TEST_CASE("records that can only be moved pass through filter")
{
    CHECK((rdd(numbers) | map(boxed) | filter([](std::unique_ptr<int> const& p) { return *p > 5; }) |
           map([](std::unique_ptr<int> p) { return *p; }) | collect()) == std::vector{6, 7});
}

TEST_CASE("filter asks once for each record, also where a reduction takes its first record out of the loop")
{
    int calls = 0;
    auto const asking = rdd(numbers, 2) | filter([&calls](int x) {
                            ++calls;
                            return x > 5;
                        });
    CHECK((asking | reduce(std::plus{})) == 13);
    CHECK(calls == 7);
    CHECK((asking | collect()) == std::vector{6, 7});
    CHECK(calls == 14);
}

TEST_CASE("filter in front of collect writes what it rejects nowhere")
{
    // The sink writes first and decides then; also where it has to grow.
    std::vector<int> many(1000);
    for (int i = 0; i < 1000; ++i) many[static_cast<std::size_t>(i)] = i;
    auto const last = rdd(many) | filter([](int x) { return x % 100 == 99; }) | collect();
    CHECK(last == std::vector{99, 199, 299, 399, 499, 599, 699, 799, 899, 999});
}

TEST_CASE("what the predicate throws names the filter, its line and the partition")
{
    auto const throwing = filter([](int x) { return x == 1 ? throw std::out_of_range{"one"} : true; });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { return rdd(numbers, 3) | throwing | count(); });
    CHECK(failure.kind == "filter");
    CHECK(failure.line == line);
    CHECK(failure.partition == 0);
    CHECK(failure.cause == "one");
}
