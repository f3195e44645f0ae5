#include <sluice/operators/count.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/transform_with.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("f is given the batches of both streams, of any records, and their time where it asks for it")
{
    auto const out = testing::runBatches<int, std::string>({{1, 2}, {}, {3}}, {{"a"}, {"b"}, {}}, [](auto a, auto b) {
        return a | transformWith(b, [](auto numbers, auto words, Time t) {
                   return numbers | map([t](int x) { return std::to_string(x) + "@" + std::to_string(t.milliseconds()); }) |
                          unionWith(words | map([](std::string const& word) { return word; }));
               });
    });
    CHECK(out == testing::Batches<std::string>{{"1@1000", "2@1000", "a"}, {"b"}, {"3@3000"}});
}

TEST_CASE("f may exchange")
{
    using Pair = std::pair<int, int>;
    auto const out = testing::runBatches<Pair, Pair>({{{1, 10}, {2, 20}}}, {{{2, 5}}}, [](auto a, auto b) {
        return a | transformWith(b, [](auto x, auto y) { return x | join(y, 1); });
    });
    CHECK(out == testing::Batches<std::pair<int, Pair>>{{{2, {20, 5}}}});
}

TEST_CASE("f is called once a batch, and a stream may be both")
{
    int calls = 0;
    auto const out = testing::runBatches<int>({{1}, {2}}, [&](auto in) {
        auto const twice = in | transformWith(in, [&](auto a, auto b) {
                               ++calls;
                               return a | unionWith(b);
                           });
        return twice | unionWith(twice);
    });
    CHECK(out == testing::Batches<int>{{1, 1, 1, 1}, {2, 2, 2, 2}});
    CHECK(calls == 2);
}

TEST_CASE("no RDD of either stream is an error that names it, and so is what f throws")
{
    auto const both = [](auto a, auto b) { return a | unionWith(b); };
    auto const run = [&](testing::Batches<int> a, testing::Batches<int> b) {
        return testing::runBatches<int, int>(std::move(a), std::move(b), [&](auto x, auto y) { return x | transformWith(y, both); });
    };
    CHECK_THROWS_WITH_AS(run({std::nullopt}, {{1}}), doctest::Contains("there is no RDD of sluice::literalStream"), StreamError);
    CHECK_THROWS_WITH_AS(run({{1}}, {std::nullopt}), doctest::Contains("sluice::transformWith ("), StreamError);
    CHECK_THROWS_WITH_AS(static_cast<void>(testing::runBatches<int>({{1}},
                                                                    [](auto in) {
                                                                        return in | transformWith(in, [](auto a, auto) {
                                                                                   if (a.numPartitions() > 0)
                                                                                       throw std::runtime_error{"not today"};
                                                                                   return a;
                                                                               });
                                                                    })),
                         doctest::Contains("not today"), StreamError);
}

TEST_CASE("both belong to one context")
{
    IntervalClock one{1s};
    IntervalClock other{1s};
    auto const a = testing::literalStream<int>(one, {});
    auto const b = testing::literalStream<int>(other, {});
    CHECK_THROWS_WITH_AS(static_cast<void>(a | transformWith(b, [](auto x, auto) { return x; })),
                         doctest::Contains("the streams belong to different contexts"), InvalidArgument);
}
