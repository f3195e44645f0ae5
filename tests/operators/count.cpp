#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <cstdint>
#include <memory>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto isEven = [](int x) { return x % 2 == 0; };

static_assert(std::is_same_v<decltype(rdd(numbers) | count()), std::int64_t>);
static_assert(std::is_same_v<decltype(rdd(std::vector<std::string>{}) | count()), std::int64_t>);

/// A batch that knows how many records it has, or not, and one of them.
struct Sized {
    using Record = int;
    static constexpr bool stored = false;
    static constexpr bool stable = true;
    std::int64_t known;

    [[nodiscard]] static bool resumable() { return false; }
    [[nodiscard]] static std::size_t partitions() { return 1; }
    [[nodiscard]] static bool isEmpty(std::size_t) { return false; }
    [[nodiscard]] static InlinePlace place() { return {}; }
    static void prepare() {}
    [[nodiscard]] std::int64_t size() const { return known; }
    template <class Sink>
    std::size_t each(std::size_t, std::size_t, Sink& sink) const
    {
        CHECK(known < 0);
        sink(1);
        return 1;
    }
};

static_assert(!Sized::stored && Sized::stable);

}  // namespace

TEST_CASE("a batch that knows how many records it has is not run")
{
    CHECK((detail::rddOf(Sized{7}) | count()) == 7);
    CHECK((detail::rddOf(Sized{0}) | count()) == 0);
    CHECK((detail::rddOf(Sized{-1}) | count()) == 1);
}

TEST_CASE("count is the number of records")
{
    VERIFY((rdd({1, 2, 3}) | count()) == 3);
    VERIFY((rdd(std::vector<int>{}, 3) | count()) == 0);
    VERIFY((rdd(numbers, 2) | filter(isEven) | count()) == 3);
}

TEST_CASE("count obeys the laws")
{
    static_assert(obeysPartitionLaw(count(), numbers));
    static_assert(obeysPipeLaw(filter(isEven), count(), numbers));
    CHECK(obeysErasureLaw(count(), numbers));
}

TEST_CASE("count takes records of any kind, and keeps none")
{
    std::vector<std::unique_ptr<int>> pointers(3);
    CHECK((rdd(pointers) | count()) == 3);
    CHECK((rdd(numbers) | map([](int x) { return std::make_unique<int>(x); }) | count()) == 7);
    CHECK((rdd(numbers) | map([](int const& x) { return std::span{&x, 1}; }) | count()) == 7);
}
