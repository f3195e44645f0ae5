#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/runtime/stop_on_scope_exit.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// Random programs whose scope is left at random places, by exceptions and otherwise, with what jobs, receivers and listeners use
// declared before and behind the context: nothing that has died is used. The sanitizers see it; SLUICE_ROUNDS=1000 is the long run.

namespace {

struct Out : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What functions refer to. Of the heap, so that its end is seen.
struct Local {
    std::unique_ptr<std::atomic<int>> uses = std::make_unique<std::atomic<int>>(0);
    std::vector<int> own = std::vector<int>(100, 7);
    void use() const { *uses += own[static_cast<std::size_t>(uses->load() % 100)]; }
};

struct Listener : StreamingListener {
    std::vector<std::string> lines;
    bool throws;
    explicit Listener(bool bad) : throws(bad) {}
    ~Listener() override { leave(); }
    void onBatchStarted(BatchStarted const& e) override { lines.push_back(e.batch.batchTime.toString()); }
    void onBatchCompleted(BatchCompleted const& e) override
    {
        lines.push_back(e.batch.batchTime.toString());
        if (throws) throw Out{"listener"};
    }
    void onReceiverStarted(ReceiverStarted const& e) override { lines.push_back(e.receiver.name); }
};

/// The variables of one scope: they die in the opposite order, however it is left.
class Scope {
public:
    Scope() = default;
    Scope(Scope const&) = delete;
    Scope& operator=(Scope const&) = delete;
    ~Scope()
    {
        while (!all_.empty()) all_.pop_back();
    }
    template <class T, class... Args>
    T& make(Args&&... args)
    {
        auto made = std::make_shared<T>(std::forward<Args>(args)...);
        auto& it = *made;
        all_.push_back(std::move(made));
        return it;
    }

private:
    std::vector<std::shared_ptr<void>> all_;
};

class Dice {
public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    /// One of n.
    unsigned operator()(unsigned n) { return static_cast<unsigned>(engine_() % n); }
    bool once(unsigned in) { return (*this)(in) == 0; }

private:
    std::mt19937 engine_;
};

enum class Place { beforeStart, behindStart, inJob, inReceiver, nowhere };

void program(unsigned seed)
{
    Dice dice{seed};
    Place const place{static_cast<int>(dice(5))};
    Scope scope;
    bool const behind = dice.once(2);  // whether what is used dies before the context
    auto const addListeners = [&](StreamingContext* context, std::vector<Listener*>& listeners) {
        for (auto n = dice(3); n > 0; --n) {
            auto& listener = scope.make<Listener>(dice.once(4));
            if (context != nullptr) context->addStreamingListener(listener);
            listeners.push_back(&listener);
        }
    };
    std::vector<Listener*> before;
    Local* local = behind ? nullptr : &scope.make<Local>();
    addListeners(nullptr, before);
    char const* const masters[] = {"inline", "local[1]", "local[3]"};
    auto& context = scope.make<StreamingContext>(Config{.master = masters[dice(3)],
                                                        .concurrentJobs = 1 + dice(2),
                                                        .onBatchFailure = dice.once(2) ? OnBatchFailure{proceed} : OnBatchFailure{stop},
                                                        .exclusive = false,
                                                        .log = silent},
                                                 Duration{200 + 100 * dice(10)});
    for (auto* const listener : before) context.addStreamingListener(*listener);
    if (behind) local = &scope.make<Local>();
    std::vector<Listener*> later;
    addListeners(&context, later);
    if (dice.once(2)) context.addStreamingListener(scope.make<StatisticsListener>());
    if (dice.once(2)) context.addStreamingListener(std::make_shared<Listener>(false));

    auto& use = *local;
    unsigned const bad = place == Place::inJob ? 1 + dice(3) : 1'000'000;
    auto& jobs = scope.make<std::atomic<unsigned>>(0U);  // behind the context: only where that may be
    auto* const counted = behind ? &jobs : nullptr;
    auto [channel, numbers] = channelStream<int>(context);
    numbers | map([&use](int x) { return use.use(), std::pair{x % 3, x}; }) | reduceByKey(std::plus{}) |
        foreachRDD([&use](auto batch) { batch | foreach ([&use](auto const&) { use.use(); }); });
    auto const failing = std::make_shared<std::atomic<unsigned>>(0U);
    numbers | foreachRDD([&use, counted, failing, bad](auto const&) {
        use.use();
        if (counted != nullptr) ++*counted;
        if (++*failing >= bad) throw Out{"job"};
    });
    bool const failsToReceive = place == Place::inReceiver;
    receiverStream<int>(context, [&use, failsToReceive](std::stop_token stop, auto& store) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            use.use();
            if (!store(i)) return;
            if (failsToReceive && i == 3) throw Out{"receiver"};
            std::this_thread::yield();
        }
    }) | foreachRDD([&use](auto batch) { batch | foreach ([&use](int) { use.use(); }); });

    if (place == Place::beforeStart) throw Out{"before"};
    // Between the start and the wait nobody of the library sees an exception: what dies before the context needs the guard.
    bool const guarded = (behind && place != Place::inJob) || dice.once(2);
    if (guarded) scope.make<StopOnScopeExit>(context, StopOptions{.gracefully = dice.once(2)});
    context.start();
    for (auto n = dice(20); n > 0; --n) channel.push(static_cast<int>(n));
    if (place == Place::inJob) return context.awaitTermination();
    static_cast<void>(context.awaitTerminationOrTimeout(Duration{100 * dice(20)}));
    if (place == Place::behindStart) throw Out{"behind"};
    if (dice.once(3)) context.stop({.gracefully = dice.once(2)});
}

}  // namespace

TEST_CASE("whatever way a scope is left, nothing that has died is used")
{
    auto const* const rounds = std::getenv("SLUICE_ROUNDS");
    auto const* const first = std::getenv("SLUICE_SEED");
    auto const begin = first != nullptr ? static_cast<unsigned>(std::atoi(first)) : 1U;
    auto const n = rounds != nullptr ? static_cast<unsigned>(std::atoi(rounds)) : 40U;
    unsigned thrown = 0;
    for (unsigned seed = begin; seed < begin + n; ++seed) {
        CAPTURE(seed);
        try {
            program(seed);
        } catch (Out const&) {
            ++thrown;
        } catch (StreamError const& error) {
            ++thrown;
            CHECK(std::string{error.what()}.find(": job") != std::string::npos);
        }
    }
    CHECK(thrown > n / 4);
}
