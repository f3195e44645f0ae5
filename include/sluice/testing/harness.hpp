#pragma once

#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>

namespace sluice::inline SLUICE_ABI::testing {

/// A context on a manual clock, for tests of what spans its life: sources, listeners, stops. What waits is bounded by
/// `patience` of real time, and throws `StreamError` when that is over; the context has been stopped then, so that variables
/// behind the harness may go.
///
/// ```cpp
/// testing::Harness harness;
/// RDDQueue<int> queue;
/// std::int64_t seen = 0;
/// queueStream(harness.context(), queue) | foreachRDD([&](auto batch) { seen += batch | count(); });
/// queue.push({1, 2, 3});
/// harness.start();
/// harness.advance(1s);
/// CHECK(seen == 3);
/// ```
class Harness {
public:
    explicit Harness(Config config = {}, Duration interval = std::chrono::seconds{1}) : context_(with(std::move(config)), interval) {}

    [[nodiscard]] StreamingContext& context() { return context_; }
    [[nodiscard]] ManualClock const& clock() const { return clock_; }

    void start(CallSite at = CallSite::here()) { context_.start(at); }

    /// Moves time, and returns when each batch that became due is done.
    void advance(Duration d)
    {
        clock_.advance(d);
        if (context_.awaitBatches(patience)) return;
        context_.stop();
        throw StreamError{"sluice::testing::Harness::advance: the batches are not done in time"};
    }

    /// Returns when the inputs have taken n records in all since they were made.
    void awaitReceived(std::int64_t n)
    {
        await("awaitReceived(" + std::to_string(n) + ')', [&] {
            std::int64_t sum = 0;
            for (auto const& input : context_.core()->inputs()) sum += input->received();
            return sum >= n;
        });
    }

    /// Returns when it holds, looking again every millisecond.
    template <class Holds>
    void await(std::string const& what, Holds const& holds)
    {
        auto const end = std::chrono::steady_clock::now() + patience;
        io::Monitor monitor;
        std::unique_lock lock{monitor};
        while (!holds()) {
            auto const now = std::chrono::steady_clock::now();
            if (now > end) {
                context_.stop();
                throw StreamError{"sluice::testing::Harness: " + what + " did not come about in time"};
            }
            monitor.waitUntil(now + std::chrono::milliseconds{1}, [] { return false; });
        }
    }

    static constexpr Duration patience = std::chrono::seconds{120};

private:
    Config with(Config config)
    {
        config.clock = clock_;
        config.exclusive = false;
        return config;
    }

    ManualClock clock_;
    StreamingContext context_;
};

}  // namespace sluice::inline SLUICE_ABI::testing
