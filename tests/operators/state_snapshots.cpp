#include <sluice/operators/join.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/slice.hpp>
#include <sluice/operators/state_snapshots.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/testing/harness.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

namespace {

using Stream = DStream<Pair>;

/// The sum of a key; 0 removes it.
struct Sum {
    int operator()(int, std::optional<int> value, State<int>& state) const
    {
        if (!value) return -1;
        if (*value == 0 && state.exists()) state.remove();
        else state.update(*value + state.getOption().value_or(0));
        return 0;
    }
};

Batches<Pair> states(Batches<Pair> in, testing::Options options = {})
{
    return sorted(testing::runBatches<Pair>(
        std::move(in), [](Stream s) -> Stream { return s | mapWithState(StateSpec{Sum{}}.timeout(3s)) | stateSnapshots(); }, options));
}

}  // namespace

TEST_CASE("all keys and their states after each batch: without those that were removed or have timed out in it")
{
    Batches<Pair> const in{{{1, 1}, {2, 2}}, {{1, 3}, {3, 5}}, {}, std::nullopt, {{3, 0}, {4, 4}}, {}};
    Batches<Pair> const expected{{{1, 1}, {2, 2}},         {{1, 4}, {2, 2}, {3, 5}}, {{1, 4}, {2, 2}, {3, 5}},
                                 {{1, 4}, {2, 2}, {3, 5}}, {{1, 4}, {4, 4}},         {{4, 4}}};
    CHECK(states(in) == expected);
    CHECK(states(in, {.partitions = 5, .master = "local[2]"}) == expected);
}

TEST_CASE("there is a batch at each batch time, also before there is any state")
{
    CHECK(states({std::nullopt, {}, {{1, 1}}}) == Batches<Pair>{{}, {}, {{1, 1}}});
}

TEST_CASE("they and what the function returns are of one step, whichever is asked first; named(...) may stand between")
{
    int calls = 0;
    auto const f = [&](int, std::optional<int> value, State<int>& state) {
        ++calls;
        state.update(*value + state.getOption().value_or(0));
        return std::pair{*value, state.get()};
    };
    Batches<Pair> const in{{{1, 1}}, {{1, 2}}};
    for (bool const first : {true, false}) {
        testing::Harness harness;
        std::vector<Pair> seen;
        auto const sums = testing::literalStream<Pair>(harness.context(), in) | mapWithState(StateSpec{f});
        auto const keep = [&](auto batch) {
            for (auto const& record : std::move(batch) | collect()) seen.push_back(record);
        };
        if (first) sums | named("sums") | stateSnapshots() | foreachRDD(keep);
        sums | foreachRDD(keep);
        if (!first) sums | stateSnapshots() | foreachRDD(keep);
        harness.start();
        harness.advance(2s);
        std::sort(seen.begin(), seen.end());
        CHECK(seen == std::vector<Pair>{{1, 1}, {1, 1}, {1, 3}, {2, 3}});
    }
    CHECK(calls == 2 * 2);
}

TEST_CASE("they are partitioned by key: a join with them exchanges the other side alone")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 1}, {4, 1}}, {{1, 2}}}, [](Stream s) {
                  auto const sums = s | mapWithState(StateSpec{Sum{}}.partitioner(ByRemainder{})) | stateSnapshots();
                  return sums | join(s, ByRemainder{});
              });
              using Joined = std::pair<int, Pair>;
              CHECK(sorted(out) == Batches<Joined>{{{1, {1, 1}}, {2, {1, 1}}, {4, {1, 1}}}, {{1, {3, 2}}}});
          }) == 2 * 4);
}

TEST_CASE("a window over them keeps each batch as it was")
{
    auto const out = testing::runBatches<Pair>({{{1, 1}}, {{1, 2}}, {{2, 4}}}, [](Stream s) -> Stream {
        return s | mapWithState(StateSpec{Sum{}}) | stateSnapshots() | window(2s);
    });
    CHECK(sorted(out) == Batches<Pair>{{{1, 1}}, {{1, 1}, {1, 3}}, {{1, 3}, {1, 3}, {2, 4}}});
}

TEST_CASE("of a batch that is over, whose states nobody has asked for, they are gone, and whoever asks is told")
{
    testing::Harness harness;
    harness.context().remember(10s);
    auto const sums = testing::literalStream<Pair>(harness.context(), {{{1, 1}}, {{1, 2}}}) | mapWithState(StateSpec{Sum{}});
    auto const after = sums | stateSnapshots();
    sums | foreachRDD([](auto const& batch) { batch | collect(); });
    harness.start();
    harness.advance(2s);
    CHECK((slice(after, Time{2s}, Time{2s})[0] | collect()) == std::vector<Pair>{{1, 3}});
    CHECK_THROWS_WITH_AS(slice(after, Time{1s}, Time{1s})[0] | collect(), doctest::Contains("nobody asked for the states of this batch"),
                         StreamError);
}
