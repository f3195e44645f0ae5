#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/state_snapshots.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace std::literals;
using testing::Batches;

// A state is what a plain map is that is changed record by record: random programs of updates, removals, looks and time-outs,
// random initial states, partitions and workers, keys that come once, empty batches, none at all, and such as fail.

namespace {

enum class Act { add, remove, look, fail };  // to fail, or to look where that is tried again
struct Step {
    Act act;
    int number;
};
using Record = std::pair<int, Step>;
using Text = std::pair<int, std::string>;
using Texts = std::vector<Text>;

struct Plan {
    Batches<Record> in;
    std::vector<bool> fails;
    std::vector<std::tuple<int, std::string, Time>> initial;
    std::optional<int> timeout;  // seconds
    TimeoutMode mode = TimeoutMode::exact;
    std::size_t partitions = 1;
    std::string master;
    bool retries = false;
};

Plan randomPlan(std::mt19937& random)
{
    Plan plan;
    if (random() % 4 != 0) plan.timeout = static_cast<int>(1 + random() % 12);
    if (random() % 3 == 0) plan.mode = TimeoutMode::compatible;
    plan.partitions = 1 + random() % 4;
    plan.master = random() % 2 == 0 ? "inline" : "local[2]";
    plan.retries = random() % 2 == 0;
    for (auto n = random() % 6; n > 0; --n) {
        plan.initial.emplace_back(static_cast<int>(random() % 5), "initial " + std::to_string(n),
                                  Time{-std::chrono::seconds{random() % 15}});
    }
    int once = 1000;
    for (auto k = 5 + random() % 30; k > 0; --k) {
        bool const fails = random() % 8 == 0;
        if (!fails && random() % 8 == 0) {
            plan.in.push_back(std::nullopt);
        } else {
            std::vector<Record> records(random() % 3 == 0 ? 0 : random() % 12);
            for (auto& [key, step] : records) {
                key = random() % 6 == 0 ? once++ : static_cast<int>(random() % 5);
                auto const act = random() % 8;
                step = {act < 5 ? Act::add : act < 6 ? Act::remove : Act::look, static_cast<int>(random() % 100)};
            }
            if (fails)
                records.insert(records.begin() + static_cast<int>(random() % (records.size() + 1)),
                               {static_cast<int>(random() % 5), {Act::fail, 0}});
            plan.in.push_back(std::move(records));
        }
        plan.fails.push_back(fails);
    }
    return plan;
}

struct Seen {
    std::vector<Texts> results;
    std::vector<Texts> states;
    bool operator==(Seen const&) const = default;
};

Texts sorted(Texts texts)
{
    std::sort(texts.begin(), texts.end());
    return texts;
}

/// The batches that do not fail, by a plain map.
Seen byMap(Plan const& plan)
{
    struct Known {
        std::string state;
        int touched;
    };
    std::map<int, Known> states;
    Seen seen;
    bool started = false;
    for (int t = 1; t <= static_cast<int>(plan.in.size()); ++t) {
        auto const k = static_cast<std::size_t>(t - 1);
        if (!started) {
            for (auto const& [key, state, touched] : plan.initial) states[key] = {state, static_cast<int>((touched - Time{}) / 1s)};
        }
        started = true;
        if (plan.fails[k] && !plan.retries) continue;
        Texts results;
        if (plan.in[k]) {
            for (auto const& [key, step] : *plan.in[k]) {
                auto const at = states.find(key);
                bool const has = at != states.end();
                if (step.act == Act::add) {
                    states[key] = {(has ? at->second.state : "") + std::to_string(step.number) + ",", t};
                } else if (step.act == Act::remove && has) {
                    states.erase(at);
                } else if (has) {
                    at->second.touched = t;
                }
                if (step.act != Act::fail) results.emplace_back(key, states.contains(key) ? states[key].state : "none");
            }
        }
        if (plan.timeout && (plan.mode == TimeoutMode::exact || t % 10 == 0)) {
            for (auto at = states.begin(); at != states.end();) {
                if (at->second.touched >= t - *plan.timeout) {
                    ++at;
                } else {
                    results.emplace_back(at->first, "over: " + at->second.state);
                    at = states.erase(at);
                }
            }
        }
        seen.results.push_back(sorted(std::move(results)));
        Texts after;
        for (auto const& [key, known] : states) after.emplace_back(key, known.state);
        seen.states.push_back(std::move(after));
    }
    return seen;
}

/// The same by mapWithState.
Seen byStream(Plan const& plan)
{
    std::atomic<bool> told = false;  // to fail: once in each batch that does, where it is tried again
    auto const f = [&](int key, std::optional<Step> step, State<std::string>& state) -> std::optional<Text> {
        if (state.isTimingOut()) return Text{key, "over: " + state.get()};
        if (step->act == Act::fail) {
            if (plan.retries && told.exchange(true)) return std::nullopt;
            throw std::runtime_error{"told to"};
        }
        if (step->act == Act::add) state.update(state.getOption().value_or("") + std::to_string(step->number) + ",");
        if (step->act == Act::remove && state.exists()) state.remove();
        return Text{key, state.exists() ? state.get() : "none"};
    };
    auto const plain = StateSpec{f}.numPartitions(plan.partitions).initialState(plan.initial);
    auto const spec = plan.timeout ? plain.timeout(*plan.timeout * 1s, plan.mode) : plain;
    Seen seen;
    testing::Harness harness{{.master = plan.master, .onBatchFailure = plan.retries ? retry(1).then(proceed) : OnBatchFailure{proceed}}};
    auto const results = testing::literalStream<Record>(harness.context(), plan.in, plan.partitions) | mapWithState(spec);
    results | foreachRDD([&](auto batch) { seen.results.push_back(sorted(std::move(batch) | collect())); });
    results | stateSnapshots() | foreachRDD([&](auto batch) { seen.states.push_back(sorted(std::move(batch) | collect())); });
    harness.start();
    for (std::size_t k = 0; k < plan.in.size(); ++k) {
        harness.advance(1s);
        told = false;
    }
    return seen;
}

}  // namespace

TEST_CASE("mapWithState is a map that is changed record by record")
{
    std::mt19937 random{20261};
    std::size_t timeouts = 0;
    std::size_t failures = 0;
    for (int n = 0; n < 400; ++n) {
        CAPTURE(n);
        auto const plan = randomPlan(random);
        failures += static_cast<std::size_t>(std::count(plan.fails.begin(), plan.fails.end(), true));
        auto const expected = byMap(plan);
        REQUIRE(byStream(plan) == expected);
        for (auto const& results : expected.results) {
            for (auto const& [key, text] : results) timeouts += text.starts_with("over") ? 1 : 0;
        }
    }
    CHECK(timeouts > 200);
    CHECK(failures > 200);
}

TEST_CASE("updateStateByKey is a map that is changed key by key")
{
    std::mt19937 random{20262};
    for (int n = 0; n < 200; ++n) {
        CAPTURE(n);
        auto const plan = randomPlan(random);
        std::map<int, std::string> states;
        for (auto const& [key, state, touched] : plan.initial) states.emplace(key, state);
        std::vector<std::pair<int, std::string>> initial;
        for (auto const& [key, state, touched] : plan.initial) initial.emplace_back(key, state);

        auto const next = [](auto const& values, std::optional<std::string> state) -> std::optional<std::string> {
            auto text = state.value_or("") + ".";
            for (Step const& step : values) {
                if (step.act == Act::fail) throw std::runtime_error{"told to"};
            }
            for (Step const& step : values) {
                if (step.act == Act::remove) return std::nullopt;
                if (step.act == Act::add) text += std::to_string(step.number) + ",";
            }
            return text;
        };
        std::vector<Texts> expected;
        for (std::size_t k = 0; k < plan.in.size(); ++k) {
            if (plan.fails[k]) continue;
            std::map<int, std::vector<Step>> values;
            if (plan.in[k]) {
                for (auto const& [key, step] : *plan.in[k]) values[key].push_back(step);
            }
            for (auto const& [key, state] : states) values[key];
            for (auto const& [key, steps] : values) {
                auto const old = states.find(key);
                auto fresh = next(steps, old == states.end() ? std::nullopt : std::optional{old->second});
                if (fresh) states[key] = *fresh;
                else states.erase(key);
            }
            expected.emplace_back(states.begin(), states.end());
        }

        std::vector<Texts> seen;
        testing::Harness harness{{.master = plan.master, .onBatchFailure = proceed}};
        testing::literalStream<Record>(harness.context(), plan.in, plan.partitions) |
            updateStateByKey<std::string>(next, plan.partitions, initial) |
            foreachRDD([&](auto batch) { seen.push_back(sorted(std::move(batch) | collect())); });
        harness.start();
        for (std::size_t k = 0; k < plan.in.size(); ++k) harness.advance(1s);
        REQUIRE(seen == expected);
    }
}
