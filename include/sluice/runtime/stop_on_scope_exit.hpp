#pragma once

#include <sluice/runtime/interval_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>

namespace sluice::inline SLUICE_ABI {

/// Stops a context, or an `IntervalClock`, where its scope is left: by return, or by an exception between start and
/// `awaitTermination`. Functions that are given to streams may refer to variables that are declared behind the context, which
/// die before it: a `StopOnScopeExit` that is declared behind those dies first, and leaves nothing running that uses them.
///
/// Without options the stop has no grace, and is bounded by two seconds. Where it has stopped already, or was never started,
/// nothing happens. It must not outlive the context.
///
/// ```cpp
/// ManualClock clock;
/// StreamingContext ssc{{.master = "local[1]", .clock = clock, .exclusive = false}, 1s};
/// RDDQueue<int> queue;
/// std::int64_t seen = 0;
/// queueStream(ssc, queue) | foreachRDD([&](auto batch) { seen += batch | count(); });
/// StopOnScopeExit const stop{ssc, {.gracefully = true}};
/// ssc.start();
/// queue.push({1, 2, 3});
/// ```
class StopOnScopeExit {
public:
    explicit StopOnScopeExit(StreamingContext& context, StopOptions const& options = {}) : context_(&context), options_(options) {}
    explicit StopOnScopeExit(IntervalClock& clock) : clock_(&clock) {}
    StopOnScopeExit(StopOnScopeExit const&) = delete;
    StopOnScopeExit& operator=(StopOnScopeExit const&) = delete;

    SLUICE_COLD ~StopOnScopeExit()
    {
        try {
            if (clock_ != nullptr) clock_->stop();
            else if (context_->getState() == ContextState::active) context_->stop(options_);
        } catch (...) {  // no memory to say so; the context's destructor tries again
        }
    }

private:
    StreamingContext* context_ = nullptr;
    IntervalClock* clock_ = nullptr;
    StopOptions options_{};
};

}  // namespace sluice::inline SLUICE_ABI
