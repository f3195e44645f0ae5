#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};

static_assert(std::is_void_v<decltype(rdd(numbers) | foreach ([](int) {}))>);

// What it takes.
template <class F>
constexpr bool acceptsInts = detail::Foreach<F>::template accepts<detail::Slices<int>>;
static_assert(acceptsInts<decltype([](int) {})>);
static_assert(acceptsInts<decltype([](int x) { return x; })>, "what f returns is ignored");
static_assert(!acceptsInts<decltype([](std::string_view) {})>);
static_assert(!acceptsInts<decltype([n = 0](int x) mutable { return n += x; })>, "several threads call it at once");

constexpr int sumOf(auto const& batch)
{
    int sum = 0;
    batch | foreach ([&sum](int x) { sum += x; });
    return sum;
}

}  // namespace

TEST_CASE("foreach does something with every record")
{
    VERIFY(sumOf(rdd(numbers, 3)) == 28);
    VERIFY(sumOf(rdd(std::vector<int>{})) == 0);
}

TEST_CASE("foreach sees the records of a partition in order")
{
    std::vector<int> seen;
    rdd(numbers, 2) | filter([](int x) { return x != 4; }) | foreach ([&seen](int x) { seen.push_back(x); });
    CHECK(seen == std::vector{1, 2, 3, 5, 6, 7});
}

TEST_CASE("foreach takes functions of the members of a pair or tuple")
{
    int sum = 0;
    rdd({std::pair{1, 2}, std::pair{3, 4}}) | foreach ([&sum](int a, int b) { sum += a * b; });
    CHECK(sum == 14);
}

TEST_CASE("foreach gets the record itself: what is stored by reference, what is made by value")
{
    std::vector<Tracked> records(3);
    Tracked::reset();
    rdd(records) | foreach ([&](Tracked const& t) { CHECK((&t >= records.data() && &t < records.data() + 3)); });
    CHECK(Tracked::copies + Tracked::moves == 0);

    std::vector<std::unique_ptr<int>> kept;
    rdd(numbers) | map([](int x) { return std::make_unique<int>(x); }) |
        foreach ([&kept](std::unique_ptr<int> p) { kept.push_back(std::move(p)); });
    CHECK(kept.size() == 7);
}

TEST_CASE("foreach is the same behind RDD<T>")
{
    RDD<int> const any = rdd(numbers, 2) | map([](int x) { return -x; });
    int sum = 0;
    any | foreach ([&sum](int x) { sum += x; });
    CHECK(sum == -28);
}

TEST_CASE("what f throws names the foreach, its line and the partition, and ends the loop")
{
    int calls = 0;
    auto const throwing = foreach ([&calls](int x) { return ++calls, x == 3 ? throw std::out_of_range{"three"} : x; });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { rdd(numbers, 7) | throwing; });
    CHECK(failure.kind == "foreach");
    CHECK(failure.line == line);
    CHECK(failure.partition == 2);
    CHECK(failure.cause == "three");
    CHECK(calls == 3);
}
