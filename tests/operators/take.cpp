#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/take.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto isEven = [](int x) { return x % 2 == 0; };

static_assert(std::is_same_v<decltype(rdd(std::declval<std::vector<std::string_view>&>()) | take(1)), std::vector<std::string>>);
static_assert(!detail::Take::accepts<detail::Slices<std::span<int>>>, "nobody knows how to keep it");

}  // namespace

TEST_CASE("take gives the first records, in the order of partitions")
{
    VERIFY((rdd({1, 2, 3}) | take(2)) == std::vector{1, 2});
    VERIFY((rdd(numbers, 3) | filter(isEven) | take(2)) == std::vector{2, 4});
    static_assert((rdd({1, 2}) | take(5)) == std::vector{1, 2});
    static_assert((rdd({1, 2}) | take(0)).empty());
    static_assert((rdd(std::vector<int>{}, 2) | take(1)).empty());
}

TEST_CASE("take obeys the laws")
{
    static_assert(obeysPartitionLaw(take(5), numbers));
    static_assert(obeysPipeLaw(filter(isEven), take(2), numbers));
    CHECK(obeysErasureLaw(take(3), numbers));
}

TEST_CASE("take stops as soon as it has enough")
{
    int calls = 0;
    auto const counting = map([&calls](int x) {
        ++calls;
        return x;
    });
    CHECK((rdd(numbers, 2) | counting | take(2)) == std::vector{1, 2});
    CHECK(calls == 2);
    CHECK((rdd(numbers, 2) | counting | take(4)) == std::vector{1, 2, 3, 4});
    CHECK(calls == 6);
    CHECK((rdd(numbers) | counting | take(0)).empty());
    CHECK(calls == 6);

    SUBCASE("also behind RDD<T>, where records are stored")
    {
        RDD<int> const any = rdd(numbers);
        CHECK((any | counting | take(3)) == std::vector{1, 2, 3});
        CHECK(calls == 9);
    }
}

TEST_CASE("take gives what can only be moved, where it is made on the way")
{
    auto const boxes = rdd(numbers) | map([](int x) { return std::make_unique<int>(x); }) | take(2);
    REQUIRE(boxes.size() == 2);
    CHECK(*boxes[1] == 2);
}

TEST_CASE("what fails before take names its operator and the partition")
{
    auto const throwing = map([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x; });
    auto const failure = failureOf([&] { return rdd(numbers, 7) | throwing | take(5); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 3);
    CHECK((rdd(numbers, 7) | throwing | take(3)) == std::vector{1, 2, 3});
}
