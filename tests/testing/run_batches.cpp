#include <sluice/operators/map.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace sluice;
using namespace std::literals;

TEST_CASE("the k-th literal batch is the k-th batch, at k intervals from zero")
{
    auto const times = std::make_shared<std::vector<Time>>();
    auto const out = testing::runBatches<int>({{1}, {}, std::nullopt, {2}}, [&](auto in) { return in | map([](int x) { return x + 1; }); });
    CHECK(out == testing::Batches<int>{{2}, {}, std::nullopt, {3}});

    static_cast<void>(testing::runBatches<int>({{1}, {2}},
                                               [times](auto in) {
                                                   return in | transform([times](auto batch, Time t) {
                                                              times->push_back(t);
                                                              return batch;
                                                          });
                                               },
                                               {.interval = 500ms}));
    CHECK(*times == std::vector{Time{500ms}, Time{1s}});
}

TEST_CASE("batches are cut into as many partitions as one asks for, two by default")
{
    auto const partitionsOf = [](testing::Options options) {
        auto const seen = std::make_shared<std::size_t>(0);
        static_cast<void>(testing::runBatches<int>(
            {{1, 2, 3}},
            [seen](auto in) {
                return in | transform([seen](auto batch) {
                           *seen = batch.numPartitions();
                           return batch;
                       });
            },
            options));
        return *seen;
    };
    CHECK(partitionsOf({}) == 2);
    CHECK(partitionsOf({.partitions = 5}) == 5);
}

TEST_CASE("more batches may be run than there are: they are empty; or fewer")
{
    auto const same = [](auto in) { return in; };
    CHECK(testing::runBatches<int>({{1}}, same, {.batches = 3}) == testing::Batches<int>{{1}, {}, {}});
    CHECK(testing::runBatches<int>({{1}, {2}}, same, {.batches = 1}) == testing::Batches<int>{{1}});
}

TEST_CASE("there may be two inputs of different records")
{
    auto const out = testing::runBatches<int, std::string>({{1}, {2}}, {{"a"}, {}}, [](auto numbers, auto words) {
        return numbers | map([](int x) { return std::to_string(x); }) | unionWith(words);
    });
    CHECK(out == testing::Batches<std::string>{{"1", "a"}, {"2"}});
}

TEST_CASE("what fails in a batch is thrown")
{
    auto const fail = [](auto in) { return in | map([](int) -> int { throw std::runtime_error{"in vain"}; }); };
    CHECK_THROWS_AS(static_cast<void>(testing::runBatches<int>({{1}}, fail)), StreamError);
}
