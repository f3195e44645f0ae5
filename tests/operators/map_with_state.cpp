#include <sluice/operators/join.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/harness.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

namespace {

using Stream = DStream<Pair>;

/// The sum of a key; what it was, negated, when it times out.
struct Sum {
    Pair operator()(int key, std::optional<int> value, State<int>& state) const
    {
        if (state.isTimingOut()) return {key, -state.get()};
        state.update(*value + state.getOption().value_or(0));
        return {key, state.get()};
    }
};

/// A value of 0 removes the key, one below 0 looks at it only.
struct Program {
    std::optional<Pair> operator()(Time, int key, std::optional<int> value, State<int>& state) const
    {
        if (!value) return Pair{key, -1000 - state.get()};
        if (*value > 0) state.update(*value);
        if (*value == 0 && state.exists()) state.remove();
        if (!state.exists()) return std::nullopt;
        return Pair{key, state.get()};
    }
};

template <class Spec>
Batches<Pair> run(Batches<Pair> in, Spec const& spec, testing::Options options = {})
{
    return testing::runBatches<Pair>(std::move(in), [&](Stream s) -> Stream { return s | mapWithState(spec); }, options);
}

/// What the function is told of the state that it breaks a rule of. Rules of one type: the operator is compiled once.
std::string refusal(Batches<Pair> in, std::function<void(std::optional<int>&, State<int>&)> const& rule)
{
    auto const f = [&](int, std::optional<int> value, State<int>& state) {
        rule(value, state);
        return 0;
    };
    return messageOf([&] {
        static_cast<void>(testing::runBatches<Pair>(std::move(in), [&](Stream s) { return s | mapWithState(StateSpec{f}.timeout(1s)); }));
    });
}

}  // namespace

TEST_CASE("each record meets the state of its key, in order; keys without data are not called")
{
    Batches<Pair> const in{{{1, 1}, {2, 10}, {1, 2}}, {}, std::nullopt, {{1, 4}, {1, 8}}};
    Batches<Pair> const expected{{{1, 1}, {2, 10}, {1, 3}}, {}, {}, {{1, 7}, {1, 15}}};
    CHECK(run(in, StateSpec{Sum{}}.numPartitions(1)) == expected);
    CHECK(sorted(run(in, StateSpec{Sum{}}, {.partitions = 3, .master = "local[2]"})) == sorted(expected));
}

TEST_CASE("a result that is optional is given where there is one; the time is the batch's")
{
    auto const f = [](Time t, int key, std::optional<int> value, State<int>& state) -> std::optional<std::pair<int, Time>> {
        state.update(*value);
        if (*value % 2 == 1) return std::nullopt;
        return std::pair{key, t};
    };
    auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 2}}, {{3, 4}}}, [&](Stream s) { return s | mapWithState(StateSpec{f}); });
    CHECK(out == Batches<std::pair<int, Time>>{{{2, Time{1s}}}, {{3, Time{2s}}}});
}

TEST_CASE("a key times out in the first batch that is more than the time-out after its last touch, and data is before that")
{
    auto const spec = StateSpec{Sum{}}.numPartitions(1).timeout(2s);
    // 2 is touched at 1: 1 + 2 < 4. 3 is touched at 2, and has data at 5.
    CHECK(run({{{2, 5}}, {{3, 7}}, {}, std::nullopt, {{3, 1}}, {}, {}, {}}, spec) ==
          Batches<Pair>{{{2, 5}}, {{3, 7}}, {}, {{2, -5}}, {{3, 8}}, {}, {}, {{3, -8}}});
    // What timed out begins anew.
    CHECK(run({{{1, 5}}, {}, {}, {{2, 1}}, {{1, 1}}}, spec) == Batches<Pair>{{{1, 5}}, {}, {}, {{2, 1}, {1, -5}}, {{1, 1}}});
    // A time-out that is no multiple of the interval.
    CHECK(run({{{1, 5}}, {}, {}, {}}, StateSpec{Sum{}}.timeout(1500ms)) == Batches<Pair>{{{1, 5}}, {}, {{1, -5}}, {}});
}

TEST_CASE("to look at a state is to touch it where keys time out")
{
    auto const spec = StateSpec{Program{}}.numPartitions(1).timeout(1s);
    CHECK(run({{{1, 5}}, {{1, -1}}, {}, {}}, spec) == Batches<Pair>{{{1, 5}}, {{1, 5}}, {}, {{1, -1005}}});
    CHECK(run({{{1, 5}}, {{1, 0}}, {}, {}}, spec) == Batches<Pair>{{{1, 5}}, {}, {}, {}});
    CHECK(run({{{1, -1}}, {}, {}}, spec) == Batches<Pair>{{}, {}, {}});  // there is nothing to touch
}

TEST_CASE("in the compatible mode keys time out in every tenth batch, where they have no data")
{
    Batches<Pair> in{{{1, 1}, {2, 2}, {3, 3}, {4, 4}}};
    for (int t = 2; t <= 21; ++t) in.push_back(std::vector<Pair>{});
    in.set(4, std::vector<Pair>{{4, 1}});    // batch 5
    in.set(9, std::vector<Pair>{{2, 20}});   // batch 10: late, and yet in time
    in.set(18, std::vector<Pair>{{3, 30}});  // batch 19: anew
    auto const out = sorted(run(in, StateSpec{Sum{}}.timeout(7s, TimeoutMode::compatible)));
    Batches<Pair> expected = in;
    for (std::size_t t = 1; t < 21; ++t) expected.set(t, std::vector<Pair>{});
    expected.set(4, std::vector<Pair>{{4, 5}});
    expected.set(9, std::vector<Pair>{{1, -1}, {2, 22}, {3, -3}});
    expected.set(18, std::vector<Pair>{{3, 30}});
    expected.set(19, std::vector<Pair>{{2, -22}, {4, -5}});
    CHECK(out == expected);
}

TEST_CASE("states that there are before are of the first batch, or as old as they say; the last one of a key counts")
{
    auto const spec = StateSpec{Sum{}}.numPartitions(1).timeout(2s);
    CHECK(run({{{1, 1}}, {}, {}, {}}, spec.initialState(std::vector{std::pair{1, 10}, std::pair{2, 20}, std::pair{1, 100}})) ==
          Batches<Pair>{{{1, 101}}, {}, {}, {{1, -101}, {2, -20}}});
    using Old = std::tuple<int, int, Time>;
    CHECK(run({{{1, 1}}, {}, {}, {}}, spec.initialState(std::vector<Old>{{1, 10, Time{-5s}}, {2, 20, Time{-1s}}, {3, 30, Time{-2s}}})) ==
          Batches<Pair>{{{1, 11}, {3, -30}}, {{2, -20}}, {}, {{1, -11}}});
    // Of a batch, before the first record, in the partitions that keys belong to.
    auto const squares = rdd({1, 2, 3}, 3) | map([](int x) { return std::pair{x, x * x}; });
    CHECK(sorted(run({{{3, 1}, {2, 1}}, {{1, 1}}}, StateSpec{Sum{}}.partitioner(ByRemainder{}).initialState(squares),
                     {.partitions = 3, .master = "local[2]"})) == Batches<Pair>{{{2, 5}, {3, 10}}, {{1, 2}}});
}

TEST_CASE("records of a key meet in the order of partitions and positions, whoever runs them")
{
    auto const chain = [](std::string_view word, std::optional<int> value, State<std::string>& state) {
        state.update(state.getOption().value_or(std::string(word) + ":") + std::to_string(*value) + ",");
        return state.get();
    };
    Batches<std::string> const in{{"b 1", "a 2", "b 3", "b 4"}, {"a 5"}, {"b 6", "a 7", "b 8"}};
    auto const pipeline = [&](auto lines) {
        return lines | map([](std::string const& line) { return std::pair{std::string_view(line).substr(0, 1), line[2] - '0'}; }) |
               mapWithState(StateSpec{chain}.numPartitions(3));
    };
    CHECK(sorted(testing::runBatches<std::string>(in, pipeline)) ==
          sorted(Batches<std::string>{{"b:1,", "a:2,", "b:1,3,", "b:1,3,4,"}, {"a:2,5,"}, {"b:1,3,4,6,", "a:2,5,7,", "b:1,3,4,6,8,"}}));
    CHECK(sameOnAllMasters(in, pipeline));
}

TEST_CASE("a state breaks no rule unseen: the batch fails with the rule and the operator's place")
{
    auto const get = refusal({{{1, 1}}}, [](auto&, State<int>& state) { static_cast<void>(state.get()); });
    CHECK(says(get, "sluice::State::get: the state is not set"));
    CHECK(says(get, "mapWithState ("));
    CHECK(says(refusal({{{1, 1}}},
                       [](auto&, State<int>& state) {
                           state.remove();  // once, where there is none
                           state.update(1);
                       }),
               "sluice::State::update: the state has been removed in this call"));
    CHECK(says(refusal({{{1, 1}}},
                       [](auto&, State<int>& state) {
                           state.update(1);
                           state.update(2);
                           state.remove();
                           state.remove();
                       }),
               "sluice::State::remove: the state has been removed in this call"));
    auto const ending = [](auto const& end) {
        return [end](std::optional<int>& value, State<int>& state) {
            if (value) state.update(*value);
            else end(state);
        };
    };
    CHECK(says(refusal({{{1, 1}}, {}, {}}, ending([](State<int>& state) { state.update(1); })),
               "sluice::State::update: the state is timing out"));
    CHECK(says(refusal({{{1, 1}}, {}, {}}, ending([](State<int>& state) { state.remove(); })),
               "sluice::State::remove: the state is timing out"));
}

TEST_CASE("where the function is generic, the type of its state is given")
{
    auto const last = [](auto const& key, auto value, auto& state) {
        state.update(*value);
        return key + state.get();
    };
    CHECK(testing::runBatches<Pair>({{{1, 2}}, {{3, 4}}}, [&](Stream s) { return s | mapWithState<long>(StateSpec{last}); }) ==
          Batches<long>{{3}, {7}});
}

TEST_CASE("its results may be answers")
{
    auto const known = [](int, std::optional<int> value, State<int>& state) {
        bool const was = state.exists();
        state.update(*value);
        return was;
    };
    auto const out = testing::runBatches<Pair>({{{1, 2}, {1, 3}}, {{2, 4}, {1, 5}}},
                                               [&](Stream s) { return s | mapWithState(StateSpec{known}.numPartitions(1)); });
    CHECK(out == Batches<bool>{{false, true}, {false, true}});
}

TEST_CASE("two that read it see one step; a batch that nobody asks for takes its step, too")
{
    int calls = 0;
    auto const f = [&](int, std::optional<int> value, State<int>& state) {
        ++calls;
        state.update(*value + state.getOption().value_or(0));
        return state.get();
    };
    auto const out = testing::runBatches<Pair>({{{1, 1}}, {{1, 2}}, {{1, 4}}}, [&](Stream s) {
        auto const sums = s | mapWithState(StateSpec{f});
        return sums | map([](int x) { return -x; }) | unionWith(sums);
    });
    CHECK(out == Batches<int>{{-1, 1}, {-3, 3}, {-7, 7}});
    CHECK(calls == 3);

    testing::Harness harness;
    std::vector<int> seen;
    testing::literalStream<Pair>(harness.context(), {{{1, 1}}, {{1, 2}}, {{1, 4}}}) | mapWithState(StateSpec{f}) |
        foreachRDD([&](auto batch, Time t) {
            if (t == Time{3s}) seen = std::move(batch) | collect();
        });
    harness.start();
    harness.advance(3s);
    CHECK(seen == std::vector{7});
}

TEST_CASE("a slide that is longer than the interval is the state's, too")
{
    auto const out = testing::runBatches<Pair>({{{1, 1}}, {{1, 2}}, {{1, 4}}, {}, {}, {}, {}, {}}, [](Stream s) -> Stream {
        return s | reduceByKeyAndWindow(std::plus{}, 2s, 2s, 1) | mapWithState(StateSpec{Sum{}}.timeout(2s));
    });
    auto const none = std::nullopt;
    CHECK(out == Batches<Pair>{none, {{1, 3}}, none, {{1, 7}}, none, {}, none, {{1, -7}}});
}

TEST_CASE("records are exchanged by the partitioner it is given, and not where they are so already")
{
    auto const spec = StateSpec{Sum{}}.partitioner(ByRemainder{});
    CHECK(askedIn([&] {
              CHECK(sorted(run({{{1, 1}, {2, 1}, {4, 1}}, {{1, 2}}}, spec)) == Batches<Pair>{{{1, 1}, {2, 1}, {4, 1}}, {{1, 3}}});
          }) == 4);
    CHECK(askedIn([&] {
              auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 1}, {4, 1}}, {{1, 2}}}, [&](Stream s) -> Stream {
                  return s | reduceByKey(std::plus{}, ByRemainder{}) | mapWithState(spec);
              });
              CHECK(sorted(out) == Batches<Pair>{{{1, 1}, {2, 1}, {4, 1}}, {{1, 3}}});
          }) == 4);
    CHECK(says(messageOf([&] { static_cast<void>(run({{{1, 1}}}, StateSpec{Sum{}}.partitioner(beyond))); }), "mapWithState ("));
    CHECK(says(messageOf([&] { static_cast<void>(run({{{1, 1}}}, StateSpec{Sum{}}.partitioner(clueless))); }), "no idea"));
}

TEST_CASE("what it is called tells its failures apart")
{
    auto const f = [](int, std::optional<int>, State<int>&) -> int { throw std::runtime_error{"told to"}; };
    auto const message = messageOf([&] {
        static_cast<void>(testing::runBatches<Pair>({{{1, 1}}}, [&](Stream s) { return s | mapWithState(StateSpec{f}) | named("sums"); }));
    });
    CHECK(says(message, "told to"));
    CHECK(says(message, "sums"));
}
