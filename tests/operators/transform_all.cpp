#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/transform_all.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("f is given the batches of all streams, and their time where it asks for it")
{
    auto const out = testing::runBatches<int, int>({{1}, {2}}, {{3}, {4, 5}}, [](auto a, auto b) {
        auto const tens = b | map([](int x) { return 10 * x; });
        return transformAll(a, b, tens, [](auto x, auto y, auto z, Time t) {
            return x | unionWith(y, z) | map([t](int i) { return i + static_cast<int>(t.milliseconds()); });
        });
    });
    CHECK(out == testing::Batches<int>{{1001, 1003, 1030}, {2002, 2004, 2005, 2040, 2050}});
}

TEST_CASE("the number of streams may be known at run time alone")
{
    auto const out = testing::runBatches<int, int>({{1}, {2}}, {{3}, {}}, [](auto a, auto b) {
        std::vector<DStream<int>> streams{a, b};
        streams.push_back(a | map([](int x) { return -x; }));
        return transformAll(streams, [](std::vector<RDD<int>> const& batches) {
            CHECK(batches.size() == 3);
            return batches[2] | unionWith(batches[0]);
        });
    });
    CHECK(out == testing::Batches<int>{{-1, 1}, {-2, 2}});
}

TEST_CASE("an empty list is refused; no RDD of one is an error")
{
    auto const first = [](std::vector<RDD<int>> const& batches) { return batches[0]; };
    CHECK_THROWS_WITH_AS(static_cast<void>(transformAll(std::vector<DStream<int>>{}, first)),
                         doctest::Contains("the list of streams is empty"), InvalidArgument);
    CHECK_THROWS_WITH_AS(static_cast<void>(testing::runBatches<int, int>(
                             {{1}}, {std::nullopt}, [&](auto a, auto b) { return transformAll(std::vector<DStream<int>>{a, b}, first); })),
                         doctest::Contains("there is no RDD of"), StreamError);
}
