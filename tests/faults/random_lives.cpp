#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// Random lives of a context: inputs, operators, outputs and listeners that throw anywhere, stops from anywhere. Whatever happens, no
// record is in two batches, none is made up, a state has moved by what is in the batch or not at all, and the context ends. Where nothing
// throws and the stop has grace, nothing is lost. SLUICE_ROUNDS=10000 is the long run; SLUICE_SEED says which life is the first.

namespace {

int numberFrom(char const* name, int otherwise)
{
    auto const* const text = std::getenv(name);
    return text != nullptr ? std::atoi(text) : otherwise;
}

/// Throws now and then, something of some type. The same seed throws at the same calls of one place.
class Faults {
public:
    Faults(unsigned seed, unsigned perMille) : seed_(seed), perMille_(perMille) {}

    void may(unsigned place)
    {
        if (perMille_ == 0) return;
        std::seed_seq mixed{seed_, place, calls_.at(place)++};
        std::uint32_t word = 0;
        mixed.generate(&word, &word + 1);
        if (word % 1000 >= perMille_) return;
        switch (word / 1000 % 4) {
            case 0: throw std::runtime_error{"a fault"};
            case 1: throw StreamError{"another fault"};
            case 2: throw "text";
            default: throw 7;
        }
    }

private:
    unsigned seed_;
    unsigned perMille_;
    std::array<std::atomic<unsigned>, 8> calls_{};
};

enum class StopFrom { main, job, listener, receiver, stranger };

/// What the outputs of one life have seen.
struct Seen {
    std::mutex mutex;
    std::map<std::int64_t, std::vector<int>> batches;       // the records of each batch, in ms
    std::map<std::int64_t, std::int64_t> states;            // the sum of all states after each batch
    std::map<std::int64_t, std::vector<int>> inconsistent;  // batches that a second attempt saw otherwise
};

struct Watcher : StreamingListener {
    explicit Watcher(std::function<void()> f) : onCompleted(std::move(f)) {}
    ~Watcher() override { leave(); }
    void onBatchCompleted(BatchCompleted const&) override { onCompleted(); }
    std::function<void()> onCompleted;
};

void live(unsigned seed)
{
    CAPTURE(seed);
    std::mt19937 dice{seed};
    auto const roll = [&](unsigned n) { return static_cast<unsigned>(dice() % n); };
    char const* const masters[] = {"inline", "local[1]", "local[2]", "local[3]"};
    OnBatchFailure const policies[] = {proceed, stop, retry(1).then(proceed), retry(1).then(stop)};
    unsigned const perMille = roll(3) == 0 ? 0 : 1 + roll(120);
    StopFrom const from{static_cast<int>(roll(5))};
    bool const grace = roll(2) == 0;
    int const stopAt = 1 + static_cast<int>(roll(6));

    Faults faults{seed, perMille};
    Seen seen;
    std::set<int> accepted;
    std::mutex acceptedMutex;
    std::atomic<int> batches = 0;
    int made = 0;  // by the receiver, in all its lives
    ManualClock clock;
    StreamingContext context{{.master = masters[roll(4)],
                              .concurrentJobs = 1 + roll(2),
                              .onBatchFailure = policies[roll(4)],
                              .clock = clock,
                              .exclusive = false,
                              .log = silent},
                             1s};
    auto const stopNow = [&](StopFrom here) {
        if (from == here && batches >= stopAt) context.stop({.gracefully = grace, .deadline = 60s});
    };
    Watcher watcher{[&] {
        stopNow(StopFrom::listener);
        faults.may(0);
    }};
    context.addStreamingListener(watcher);

    auto const [channel, pushed] = channelStream<int>(context);
    auto const received = receiverStream<int>(context, [&](std::stop_token token, Store<int>& store) {
        for (int i = 0; i < 20 && !token.stop_requested(); ++i) {
            faults.may(1);
            {
                std::lock_guard const lock{acceptedMutex};  // whoever compares finds it there
                if (store.tryStore(-1 - made)) accepted.insert(-1 - made);
            }
            ++made;
            stopNow(StopFrom::receiver);
        }
        while (!token.stop_requested()) std::this_thread::yield();
    });
    auto const numbers = pushed | unionWith(received);
    numbers | foreachRDD([&](auto batch, Time t) {
        auto records = std::move(batch) | collect();
        std::lock_guard const lock{seen.mutex};
        auto const [known, fresh] = seen.batches.try_emplace(t.milliseconds(), records);
        if (!fresh && known->second != records) seen.inconsistent[t.milliseconds()] = records;
    });
    numbers | map([&](int x) {
        faults.may(2);
        return std::pair{x % 3, std::int64_t{x}};
    }) | updateStateByKey([&](std::vector<std::int64_t> const& values, std::optional<std::int64_t> state) {
        faults.may(3);
        return std::optional{std::accumulate(values.begin(), values.end(), state.value_or(0))};
    }) | foreachRDD([&](auto batch, Time t) {
        std::int64_t sum = 0;
        for (auto const& [key, state] : std::move(batch) | collect()) sum += state;
        std::lock_guard const lock{seen.mutex};
        seen.states[t.milliseconds()] = sum;
    });
    numbers | transform([&](auto batch) {
        faults.may(4);
        return batch;
    }) | map([](int x) { return std::pair{x % 5, 1}; }) |
        reduceByKeyAndWindow(
            [&](int a, int b) {
                faults.may(5);
                return a + b;
            },
            2s) |
        foreachRDD([&](auto batch) {
            ++batches;
            stopNow(StopFrom::job);
            faults.may(6);
            static_cast<void>(std::move(batch) | collect());
        });

    context.start();
    std::thread stranger{[&] {
        while (from == StopFrom::stranger && batches < stopAt && context.getState() == ContextState::active) std::this_thread::yield();
        stopNow(StopFrom::stranger);
    }};
    for (int i = 0, next = 0; i < 8; ++i) {
        for (auto n = roll(40); n > 0; --n) {
            std::lock_guard const lock{acceptedMutex};
            if (channel.tryPush(int{next})) accepted.insert(next);
            ++next;
        }
        if (roll(8) == 0) channel.close();
        clock.advance(1s);
        if (roll(3) != 0) context.awaitBatches();
    }
    stranger.join();
    context.stop({.gracefully = grace, .deadline = 60s});
    bool failed = false;
    try {
        context.awaitTermination();
    } catch (...) {
        failed = true;
    }
    CHECK(context.getState() == ContextState::stopped);
    if (perMille == 0) CHECK(!failed);

    std::lock_guard const lock{seen.mutex};
    CHECK(seen.inconsistent.empty());
    std::set<int> processed;
    std::int64_t before = 0;
    for (auto const& [time, records] : seen.batches) {
        for (int const record : records) {
            CHECK(accepted.count(record) == 1);
            CHECK(processed.insert(record).second);
        }
        if (auto const state = seen.states.find(time); state != seen.states.end()) {
            CHECK(state->second - before == std::accumulate(records.begin(), records.end(), std::int64_t{0}));
            before = state->second;
        }
    }
    if (perMille == 0 && grace) CHECK(processed == accepted);
}

}  // namespace

TEST_CASE("random lives end, and nothing in them is twice, made up or half done")
{
    std::atomic<unsigned> alive = 0;
    auto const first = static_cast<unsigned>(numberFrom("SLUICE_SEED", 1));
    auto const rounds = static_cast<unsigned>(numberFrom("SLUICE_ROUNDS", 60));
    for (alive = first; alive < first + rounds; ++alive) live(alive);
    CHECK(alive == first + rounds);
}
