#include <sluice/operators/join.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/state_snapshots.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/state/state_stream.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <stdexcept>

using namespace sluice;
using namespace std::literals;
using testing::Batches;

namespace {

using Pair = std::pair<int, int>;
using Pairs = std::vector<Pair>;
using Stream = DStream<Pair>;

/// Sums; its call with this number throws.
struct Sums {
    std::atomic<int>* left;

    void count() const
    {
        if ((*left)-- == 0) throw std::runtime_error{"told to"};
    }
    int operator()(int, std::optional<int> value, State<int>& state) const
    {
        count();
        state.update(value.value_or(0) + state.getOption().value_or(0));
        return state.get();
    }
    std::optional<int> operator()(std::vector<int> const& values, std::optional<int> state) const
    {
        count();
        int sum = state.value_or(0);
        for (int const value : values) sum += value;
        return sum;
    }
};

enum class Kind { mapped, updated };

Stream statesOf(Kind kind, Stream const& in, Sums sums)
{
    if (kind == Kind::mapped) return in | mapWithState<int>(StateSpec{sums}.numPartitions(3)) | stateSnapshots();
    return in | updateStateByKey<int>(sums, 3);
}

Pairs sorted(Pairs records)
{
    std::sort(records.begin(), records.end());
    return records;
}

struct Run {
    std::vector<Pairs> seen;
    int calls = 0;
    bool failed = false;
};

/// Five batches of six keys, the call with this number throws.
Run run(Kind kind, int throwAt, OnBatchFailure setting, std::string const& master)
{
    Run result;
    std::atomic<int> left = throwAt;
    testing::Harness harness{{.master = master, .onBatchFailure = setting}};
    Batches<Pair> in;
    for (int t = 1; t <= 5; ++t) {
        Pairs batch;
        for (int key = 0; key < 4; ++key) batch.emplace_back(t == 1 ? key : key + 2, 1 << t);
        in.push_back(batch);
    }
    statesOf(kind, testing::literalStream<Pair>(harness.context(), in, 3), Sums{&left}) |
        foreachRDD([&](auto batch) { result.seen.push_back(sorted(std::move(batch) | collect())); });
    harness.start();
    for (int t = 0; t < 5; ++t) {
        try {
            harness.advance(1s);
        } catch (StreamError const&) {
            break;
        }
    }
    harness.context().stop();
    try {
        harness.context().awaitTermination();
    } catch (StreamError const&) {
        result.failed = true;
    }
    result.calls = throwAt - left;
    return result;
}

/// The states after each batch, where one of them is missing; 0: none.
std::vector<Pairs> expected(int missing)
{
    std::vector<Pairs> all;
    std::map<int, int> states;
    for (int t = 1; t <= 5; ++t) {
        if (t == missing) continue;
        for (int key = 0; key < 4; ++key) states[t == 1 ? key : key + 2] += 1 << t;
        all.emplace_back(states.begin(), states.end());
    }
    return all;
}

}  // namespace

TEST_CASE("wherever a function throws, a state that is tried again is what it would have been")
{
    for (Kind const kind : {Kind::mapped, Kind::updated}) {
        for (char const* master : {"inline", "local[2]"}) {
            auto const whole = run(kind, 1 << 30, retry(1).then(stop), master);
            CHECK(whole.seen == expected(0));
            CHECK(!whole.failed);
            REQUIRE(whole.calls >= 20);
            for (int at = 0; at < whole.calls; at += 2) {
                CAPTURE(at);
                auto const again = run(kind, at, retry(1).then(stop), master);
                CHECK(again.seen == expected(0));
                CHECK(!again.failed);
            }
        }
    }
}

TEST_CASE("a batch that is skipped changes no state, of no partition; one that stops the context is the last")
{
    for (Kind const kind : {Kind::mapped, Kind::updated}) {
        for (char const* master : {"inline", "local[2]"}) {
            auto const calls = run(kind, 1 << 30, proceed, master).calls;
            for (int at = 1; at < calls; at += 4) {
                CAPTURE(at);
                auto const skips = run(kind, at, proceed, master);
                CHECK(skips.failed);
                int missing = 1;
                while (missing <= 5 && skips.seen != expected(missing)) ++missing;
                REQUIRE(missing <= 5);
                auto const stops = run(kind, at, OnBatchFailure{stop}, master);
                CHECK(stops.failed);
                CHECK(stops.seen.size() == static_cast<std::size_t>(missing - 1));
            }
        }
    }
}

TEST_CASE("an output that throws behind a state changes it not")
{
    for (Kind const kind : {Kind::mapped, Kind::updated}) {
        std::atomic<int> left = 1 << 30;
        testing::Harness harness{{.master = "inline", .onBatchFailure = retry(1).then(proceed)}};
        int calls = 0;
        std::vector<Pairs> seen;
        statesOf(kind, testing::literalStream<Pair>(harness.context(), {{{1, 1}}, {{1, 2}}, {{1, 4}}}), Sums{&left}) |
            foreachRDD([&](auto batch) {
                if (++calls == 2) throw std::runtime_error{"an output"};
                seen.push_back(std::move(batch) | collect());
            });
        harness.start();
        harness.advance(3s);
        CHECK(seen == std::vector<Pairs>{{{1, 1}}, {{1, 3}}, {{1, 7}}});
    }
}

TEST_CASE("a batch of states that is kept stays what it was, also when its context is gone")
{
    for (Kind const kind : {Kind::mapped, Kind::updated}) {
        std::atomic<int> left = 1 << 30;
        std::vector<RDD<Pair>> kept;
        {
            testing::Harness harness{{.master = "local[2]"}};
            statesOf(kind, testing::literalStream<Pair>(harness.context(), {{{1, 1}, {2, 2}}, {{1, 2}}, {{3, 4}}}), Sums{&left}) |
                foreachRDD([&](auto batch) { kept.push_back(std::move(batch)); });
            harness.start();
            harness.advance(3s);
            REQUIRE(kept.size() == 3);
            CHECK(sorted(kept[0] | collect()) == Pairs{{1, 1}, {2, 2}});
            CHECK(sorted(kept[2] | collect()) == Pairs{{1, 3}, {2, 2}, {3, 4}});
        }
        CHECK(sorted(kept[0] | collect()) == Pairs{{1, 1}, {2, 2}});
        CHECK(sorted(kept[1] | collect()) == Pairs{{1, 3}, {2, 2}});
        CHECK(sorted(kept[2] | collect()) == Pairs{{1, 3}, {2, 2}, {3, 4}});
    }
}

TEST_CASE("jobs of several batches at once read the states of their own")
{
    for (Kind const kind : {Kind::mapped, Kind::updated}) {
        std::atomic<int> left = 1 << 30;
        testing::Harness harness{{.master = "local[2]", .concurrentJobs = 3}};
        Batches<Pair> in;
        for (int t = 1; t <= 30; ++t) {
            Pairs batch;
            for (int key = 0; key < 200; ++key) batch.emplace_back(key, 1);
            in.push_back(batch);
        }
        std::atomic<int> wrong = 0;
        std::atomic<int> right = 0;
        auto const states = statesOf(kind, testing::literalStream<Pair>(harness.context(), in, 3), Sums{&left});
        for (int i = 0; i < 2; ++i) {
            states | foreachRDD([&](auto batch, Time t) {
                auto const expected = static_cast<int>((t - Time{}) / 1s);
                for (auto const& [key, sum] : std::move(batch) | collect()) ++(sum == expected ? right : wrong);
            });
        }
        harness.start();
        harness.advance(30s);
        CHECK(wrong == 0);
        CHECK(right == 2 * 30 * 200);
    }
}

TEST_CASE("a state that is partitioned by key is joined without being exchanged, and tells what it holds by its name")
{
    struct ByParity {
        std::atomic<int>* asked;
        [[nodiscard]] std::size_t numPartitions() const { return 2; }
        [[nodiscard]] std::size_t partition(int key) const
        {
            ++*asked;
            return static_cast<std::size_t>(key) % 2;
        }
        bool operator==(ByParity const&) const = default;
    };
    struct Watch : StreamingListener {
        void onBatchCompleted(BatchCompleted const& event) override { held = event.batch.held.at(0); }
        StreamHeldInfo held;
    } watch;
    std::atomic<int> asked = 0;
    std::atomic<int> left = 1 << 30;
    {
        testing::Harness harness;
        harness.context().addStreamingListener(watch);
        Stream const in = testing::literalStream<Pair>(harness.context(), {{{1, 1}, {2, 2}}, {{1, 2}}}, 1);
        std::vector<std::size_t> joined;
        auto const states = in | updateStateByKey<int>(Sums{&left}, ByParity{&asked}) | named("sums");
        states | join(in, ByParity{&asked}) | foreachRDD([&](auto batch) { joined.push_back((std::move(batch) | collect()).size()); });
        harness.start();
        harness.advance(2s);
        CHECK(joined == std::vector<std::size_t>{2, 1});
        CHECK(asked == 2 * 3);  // each record for its group, and for the join; no state
    }
    CHECK(watch.held.name == "sums");
    CHECK(watch.held.keys == 2);
    CHECK(watch.held.bytes > 0);
}
