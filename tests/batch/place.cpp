#include <sluice/batch/place.hpp>
#include <sluice/batch/rdd.hpp>
#include <sluice/operators/count.hpp>

#include "../verify.hpp"

#include <vector>

using namespace sluice;
using namespace sluice::detail;

namespace {

constexpr int numbers[] = {1, 2, 3};

/// Runs everything in the caller's thread, and notes what it was asked.
struct NotingEngine : Engine {
    std::vector<std::size_t> asked;
    void run(std::size_t n, void (*task)(void*, std::size_t), void* context) override
    {
        asked.push_back(n);
        for (std::size_t p = n; p > 0; --p) task(context, p - 1);
    }
    [[nodiscard]] std::size_t defaultPartitions() const override { return 7; }
    [[nodiscard]] bool cancelled() const override { return false; }
};

constexpr std::size_t ran(std::size_t partitions, std::size_t empty)
{
    std::size_t digits = 0;
    InlinePlace::run(partitions, [empty](std::size_t p) { return p == empty; }, [&digits](std::size_t p) { digits = 10 * digits + p; });
    return digits;
}

constexpr bool startsWithValues(std::size_t partitions)
{
    PerPartition<int> values{partitions};
    for (std::size_t p = 0; p < partitions; ++p) {
        if (values[p] != 0) return false;
        values[p] = static_cast<int>(p);
    }
    return values.size() == partitions && (partitions == 0 || values[partitions - 1] == static_cast<int>(partitions) - 1);
}

}  // namespace

TEST_CASE("inline runs partitions in order, and leaves out empty ones")
{
    VERIFY(ran(4, 9) == 123);
    VERIFY(ran(4, 2) == 13);
    VERIFY(ran(0, 0) == 0);
    VERIFY(InlinePlace::defaultPartitions() == 1);
}

TEST_CASE("a failure knows its partition, unless it knew one before")
{
    auto const failing = [](std::size_t p) {
        if (p == 2) throw StreamError{Label{"map"}, "cause"};
    };
    auto const nonEmpty = [](std::size_t) { return false; };
    try {
        EnginePlace{}.run(4, nonEmpty, failing);
        FAIL("nothing thrown");
    } catch (StreamError const& error) {
        CHECK(error.partition() == 2);
    }
    try {
        InlinePlace::run(1, nonEmpty, [&](std::size_t) { InlinePlace::run(4, nonEmpty, failing); });
        FAIL("nothing thrown");
    } catch (StreamError const& error) {
        CHECK(error.partition() == 2);
    }
}

TEST_CASE("an engine is asked only where there are two partitions to run")
{
    auto const engine = makeCounted<NotingEngine>();
    EnginePlace const place{engine};
    std::vector<std::size_t> seen;
    auto const see = [&seen](std::size_t p) { seen.push_back(p); };
    place.run(3, [](std::size_t p) { return p != 1; }, see);
    CHECK(engine->asked.empty());
    place.run(3, [](std::size_t p) { return p == 1; }, see);
    CHECK(engine->asked == std::vector<std::size_t>{3});
    CHECK(seen == std::vector<std::size_t>{1, 2, 0});
    CHECK(place.defaultPartitions() == 7);
    CHECK(EnginePlace{}.defaultPartitions() == 1);
}

TEST_CASE("the place of several is the one that is more than inline")
{
    EnginePlace const place{makeCounted<NotingEngine>()};
    CHECK(placeOf(InlinePlace{}, place).defaultPartitions() == 7);
    CHECK(placeOf(place, InlinePlace{}).defaultPartitions() == 7);
    EnginePlace const without;
    CHECK(placeOf(without, place).defaultPartitions() == 7);
    CHECK(placeOf(place, without).defaultPartitions() == 7);
    CHECK(!placeOf(without, InlinePlace{}).hasEngine());
    static_assert(std::is_same_v<decltype(placeOf(InlinePlace{}, InlinePlace{})), InlinePlace>);
    static_assert(std::is_same_v<decltype(rdd(numbers).node().place()), InlinePlace>);
}

TEST_CASE("the place of several is as deep as the deepest")
{
    EnginePlace shallow{makeCounted<NotingEngine>()};
    shallow.deepen(3);
    EnginePlace deep;
    deep.deepen(7);
    deep.deepen(5);
    CHECK(deep.depth() == 7);
    CHECK(placeOf(shallow, deep).depth() == 7);
    CHECK(placeOf(deep, shallow, InlinePlace{}).depth() == 7);
    CHECK(placeOf(deep, shallow).hasEngine());
    CHECK(placeOf(InlinePlace{}, shallow).depth() == 3);
}

TEST_CASE("there is one value per partition, however many there are")
{
    VERIFY(startsWithValues(0));
    VERIFY(startsWithValues(1));
    VERIFY(startsWithValues(4));
    VERIFY(startsWithValues(5));
    VERIFY(startsWithValues(100));
}
