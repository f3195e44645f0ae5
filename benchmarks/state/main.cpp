#include <sluice/operators/fold.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/operators/values.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/constant_stream.hpp>

#include "../allocations.hpp"
#include "../suite.hpp"
#include "handwritten.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>

// Batches of updates against many states, batch by batch in turn with a handwritten flat table of the same layout; what comes
// out is compared in each batch.
//
//   state [--quick]      fails where a limit is passed: see the table it prints; --quick takes fewer keys and judges no time, which
//                        depends on the machine: only results, calls of f, allocations, and the bytes that are held
//   state --tsv [--short]    for run.py: tells it all, and fails where a result is wrong

namespace {

using namespace sluice;
using namespace std::chrono_literals;
using state::Record;
using Records = std::vector<Record>;
using Sum = std::int64_t;

struct Input {
    Records initial;
    std::vector<Records> batches;

    Input(std::size_t keys, std::size_t updates)
    {
        std::mt19937_64 random{1};
        for (std::size_t i = 0; i < keys; ++i) initial.emplace_back(static_cast<Sum>(i) * 1'000'003, 1);
        for (int b = 0; b < 8; ++b) {
            Records batch;
            for (std::size_t i = 0; i < updates; ++i) batch.emplace_back(initial[random() % keys].first, static_cast<Sum>(random() % 100));
            batches.push_back(std::move(batch));
        }
    }
};

/// A pipeline over the batches: what it gives is added up, so that it is made.
class Program {
public:
    template <class Pipeline>
    Program(Input const& input, std::string const& master, Pipeline pipeline)
        : now(master == "inline" ? bench::processSeconds : bench::wallSeconds),
          input_(input),
          context_({.master = master, .clock = clock_, .exclusive = false}, 1s)
    {
        auto const batches = constantStream(context_, rdd({0})) | transform([this](auto) { return rdd(input_.batches[next_ % 8]); });
        pipeline(batches) | foreachRDD([this](auto sums) { sum_ = sums | fold(Sum{0}, std::plus{}); });
        context_.start();
        batch();  // takes the initial states
    }
    ~Program() { context_.stop(); }

    /// The next batch: how long it takes.
    double batch()
    {
        auto const begin = now();
        clock_.advance(1s);
        context_.awaitBatches();
        ++next_;
        return now() - begin;
    }
    [[nodiscard]] Sum sum() const { return sum_; }

    double (*const now)();  // where one thread computes, without the time in which others have its core

private:
    Input const& input_;
    ManualClock clock_;
    StreamingContext context_;
    std::size_t next_ = 0;
    Sum sum_ = 0;
};

struct Figures {
    double own = 0;    // seconds a batch
    double ratio = 0;  // to the handwritten one
    double other = 0;  // that, seconds a batch
    bench::Estimate interval;
    bool right = true;
};

/// The library and the other one in turn, from the second batch on.
template <class Other>
Figures race(int rounds, Program& program, Other&& other)
{
    Figures figures;
    std::vector<double> own, theirs, ratios;
    for (int i = 0; i < rounds + 3; ++i) {
        auto const mine = program.batch();
        auto const begin = program.now();
        figures.right = other(i + 1) == program.sum() && figures.right;
        auto const took = program.now() - begin;
        if (i < 3) continue;
        own.push_back(mine);
        ratios.push_back(mine / took);
        theirs.push_back(took);
    }
    figures.other = bench::median(theirs);
    figures.interval = bench::estimate(ratios);
    figures.own = bench::median(own);
    figures.ratio = bench::median(ratios);
    return figures;
}

/// mapWithState: changed keys alone, a time-out on all.
Figures changed(Input const& input, std::string const& master, int rounds)
{
    auto const add = [](Sum, std::optional<Sum> value, State<Sum>& state) {
        Sum const sum = state.getOption().value_or(0) + value.value_or(0);
        state.update(sum);
        return sum;
    };
    Program program{input, master,
                    [&](auto const& batches) { return batches | mapWithState(StateSpec{add}.initialState(input.initial).timeout(24h)); }};
    state::Changed other{input.initial, 1, 86'400};
    std::vector<Sum> out;
    auto const update = [&](int i) {
        if (!other.update(input.batches[static_cast<std::size_t>(i) % 8], i + 1, out)) return Sum{-1};
        Sum sum = 0;
        for (Sum const one : out) sum += one;
        return sum;
    };
    update(0);
    return race(rounds, program, update);
}

/// updateStateByKey: all keys.
template <class F>
Figures visited(Input const& input, std::string const& master, int rounds, F f)
{
    Program program{input, master, [&](auto const& batches) { return batches | updateStateByKey(f, input.initial) | values(); }};
    state::Visited other{input.initial};
    auto const update = [&](int i) {
        if (!other.update(input.batches[static_cast<std::size_t>(i) % 8], f)) return Sum{-1};
        Sum sum = 0;
        for (auto const& [key, one] : other.entries()) sum += one;
        return sum;
    };
    update(0);
    return race(rounds, program, update);
}

struct Held : StreamingListener {
    void onBatchCompleted(BatchCompleted const& event) override
    {
        for (auto const& one : event.batch.held) bytes = one.bytes, keys = one.keys;
        told.fetch_add(1, std::memory_order_release);
    }
    void await(Sum batches) const
    {
        while (told.load(std::memory_order_acquire) < batches) std::this_thread::yield();
    }
    std::size_t bytes = 0;
    std::size_t keys = 0;
    std::atomic<Sum> told = 0;
};

/// How many times what it held after some batches mapWithState holds after 100000, where a tenth of the records of each is of new
/// keys, all of which time out.
double level()
{
    Held held;
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    context.addStreamingListener(held);
    Sum t = 0;
    auto const count = [](Sum, std::optional<Sum> value, State<Sum>& state) {
        if (!state.isTimingOut()) state.update(state.getOption().value_or(0) + *value);
        return Sum{1};
    };
    constantStream(context, rdd({0})) | transform([&](auto) {
        Records records;
        for (Sum i = 0; i < 20; ++i) records.emplace_back(2 * t - (i < 2 ? -i : i), 1);
        return rdd(std::move(records));
    }) | mapWithState(StateSpec{count}.timeout(40s)) |
        foreachRDD([](auto batch) { bench::keep(batch | fold(Sum{0}, std::plus{})); });
    context.start();
    std::size_t before = 0;
    std::size_t keys = 0;
    for (; t < 100'000; ++t) {
        clock.advance(1s);
        context.awaitBatches();
        if ((t + 1) % 1000 == 0) held.await(t + 1);
        if (t == 999) before = held.bytes, keys = held.keys;
    }
    context.stop();
    context.awaitTermination();
    return keys == held.keys ? static_cast<double>(held.bytes) / static_cast<double>(before) : 1e9;
}

bool good = true;
bool tsv = false;

/// What a batch does, counted: f is called once for each record of mapWithState, and once for each key of updateStateByKey, and once they
/// have their memory neither allocates for a record or a key.
void count()
{
    Input const input(50'000, 10'000);
    Sum calls = 0;
    auto const tellOf = [&](char const* name, Sum expected, auto pipeline) {
        Program program{input, "inline", pipeline};
        for (int i = 0; i < 16; ++i) program.batch();
        calls = 0;
        auto const before = bench::allocations();
        for (int i = 0; i < 8; ++i) program.batch();
        auto const allocated = bench::allocations() - before;
        std::printf("  %-44s %lld calls of f in 8 batches, of %lld; %zu allocations, at most 200\n", name, static_cast<long long>(calls),
                    static_cast<long long>(expected), allocated);
        good = good && calls == expected && allocated <= 200;
    };
    tellOf("mapWithState", 8 * 10'000, [&](auto const& batches) {
        return batches | mapWithState(StateSpec{[&calls](Sum, std::optional<Sum> value, State<Sum>& state) {
                                          ++calls;
                                          state.update(state.getOption().value_or(0) + value.value_or(0));
                                          return Sum{1};
                                      }}.initialState(input.initial)
                                          .timeout(24h));
    });
    tellOf("updateStateByKey", 8 * 50'000, [&](auto const& batches) {
        return batches |
               updateStateByKey(
                   [&calls](std::vector<Sum> const& values, std::optional<Sum> state) -> std::optional<Sum> {
                       ++calls;
                       return *state + static_cast<Sum>(values.size());
                   },
                   input.initial) |
               values();
    });
}

/// Where the limit is passed it is measured again, twice at most: what else runs on a machine can only add to a ratio for a while.
template <class Measure>
Figures tell(char const* name, std::string const& master, Measure&& measure, double limit)
{
    Figures figures = measure();
    for (int again = 0; again < 2 && limit > 0 && !tsv && figures.right && figures.ratio > limit; ++again) figures = measure();
    if (!figures.right) {
        std::printf("%s: the results are not the same\n", name);
        good = false;
    }
    if (tsv) {
        bench::Cell const cell{"states", name, "batch of 100,000 updates", 1, {}};
        char const* const where = master == "inline" ? "inline" : "two workers";
        bench::printRow(cell, where, bench::Kind::hand, "flat table", figures.other, {1, 1, 1}, 0, "");
        bench::printRow(cell, where, bench::Kind::sluice, "sluice", figures.own, figures.interval, limit, "flat table");
        return figures;
    }
    bool const late = limit > 0 && figures.ratio > limit;
    std::printf("  %-44s %-9s %9.2f ms a batch  %5.2f", name, master.c_str(), 1e3 * figures.own, figures.ratio);
    if (limit > 0) std::printf("  at most %.2f%s", limit, late ? "  MISSED" : "");
    std::puts("");
    good = good && !late;
    return figures;
}

}  // namespace

int main(int argc, char** argv)
{
    auto const asked = [&](char const* option) {
        return std::any_of(argv + 1, argv + argc, [&](char* a) { return std::strcmp(a, option) == 0; });
    };
    tsv = asked("--tsv");
    bool const quick = asked("--quick") || asked("--short");
    int const rounds = quick ? 9 : 25;
    Input const input(quick ? 500'000 : 10'000'000, 100'000);
    auto const quiet = [](std::vector<Sum> const& values, std::optional<Sum> state) noexcept -> std::optional<Sum> {
        Sum sum = *state;
        for (Sum const value : values) sum += value;
        return sum;
    };
    auto const loud = [](std::vector<Sum> const& values, std::optional<Sum> state) -> std::optional<Sum> {
        Sum sum = state.value();  // throws where there is none
        for (Sum const value : values) sum += value;
        return sum;
    };

    if (!tsv) count();
    std::printf("%zu keys, 100000 updates a batch; against the handwritten table\n", input.initial.size());
    auto const three = [&](std::string const& master, double limited) {
        auto const many = tell("mapWithState, a time-out on all", master, [&] { return changed(input, master, rounds); }, limited * 1.25);
        tell("updateStateByKey, f is noexcept", master, [&] { return visited(input, master, rounds, quiet); }, limited * 1.25);
        tell("updateStateByKey, f may throw", master, [&] { return visited(input, master, rounds, loud); }, limited * 1.7);
        return many;
    };
    if (tsv) {
        tell("mapWithState, a time-out on all", "inline", [&] { return changed(input, "inline", rounds); }, 1.15);
        tell("updateStateByKey, f is noexcept", "inline", [&] { return visited(input, "inline", rounds, quiet); }, 1.25);
        tell("updateStateByKey, f may throw", "inline", [&] { return visited(input, "inline", rounds, loud); }, 1.7);
        if (!quick) tell("mapWithState, a time-out on all", "local[2]", [&] { return changed(input, "local[2]", rounds); }, 0);
        return good ? 0 : 1;
    }
    auto const many = three("inline", quick ? 0 : 1);
    auto const grown = level();
    std::printf("  mapWithState holds %.2f times the bytes after 100000 batches that it held after 1000, at most 1.05\n", grown);
    good = good && grown <= 1.05;
    if (quick) return good ? 0 : 1;

    three("local[2]", 0);
    auto const few = changed(Input(1'000'000, 100'000), "inline", rounds);
    std::printf("  mapWithState with 10 times as many keys: %.2f times the cost, at most 1.20\n", many.own / few.own);
    good = good && many.own <= 1.2 * few.own;
    return good ? 0 : 1;
}
