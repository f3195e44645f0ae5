#pragma once

#include <sluice/runtime/log.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/stream/graph.hpp>

#include <exception>

namespace sluice::inline SLUICE_ABI {

/// The smallest engine: a grid of batch times, driven by the host's own event loop. No context, no thread, no lock that
/// anybody waits for: batches run in the thread that calls `poll`.
///
/// Streams are made of it as of a context. `poll(now)` runs the batches that are due and answers when the next one is;
/// the first poll starts the inputs and the grid, and may be repeated where it throws. What an output throws leaves poll, after
/// the other outputs of the batch have run; the next poll goes on with the next batch. Without an output: `InvalidArgument`;
/// with a receiver, which needs a thread: `IllegalState`. `stop()` stops the inputs, and so does the destructor: where they, or
/// functions that are given to streams, refer to variables behind it, stop it first, or put a `StopOnScopeExit` behind those.
/// Warnings and errors are written to standard error, as where a context has no `Config::log`.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [channel, numbers] = channelStream<int>(clock);
/// int sum = 0;
/// numbers | foreachRDD([&](auto batch) { sum = batch | fold(0, std::plus{}); });
/// CHECK(clock.poll(Time{100ms}) == Time{1s});
/// channel.push(1);
/// channel.push(2);
/// CHECK(clock.poll(Time{1001ms}) == Time{2s});
/// CHECK(sum == 3);
/// ```
class IntervalClock : public Graph {
public:
    explicit IntervalClock(detail::Length interval)
        : Graph(interval, {.type = "IntervalClock", .start = "poll(now)", .noun = "IntervalClock"})
    {
        core()->setLog(&detail::logToStandardError);
    }
    ~IntervalClock() { stopInputs(); }

    /// Stops the inputs; once. No batch runs any more: a poll is an `IllegalState`.
    [[gnu::cold]] void stop();

    /// Runs what is due; the next due time.
    Time poll(Time now)
    {
        auto& graph = *core();
        if (graph.phase() == detail::GraphCore::Phase::building) {
            start(now.floor(batchInterval()));
        } else if (graph.phase() == detail::GraphCore::Phase::stopped) {
            throw IllegalState{"sluice::IntervalClock::poll: it has been stopped"};
        }
        while (next_ <= now) {
            auto const t = next_;
            next_ = next_ + batchInterval();
            run(graph, t);
        }
        return next_;
    }

private:
    [[gnu::cold]] void start(Time zero);

    /// Each that was started, whatever another one throws.
    [[gnu::cold]] void stopInputs() noexcept;

    static void run(detail::GraphCore& graph, Time t)
    {
        detail::OfBatch const mark{t.microseconds()};
        std::exception_ptr failure;
        {
            detail::GraphCore::Turn const turn{graph};
            graph.begin(t);
        }
        for (auto const& input : graph.inputs()) input->fix(t);
        for (auto const& output : graph.outputs()) {
            try {
                if (plan(graph, *output, t, failure)) output->run(t);
            } catch (StreamError& error) {
                error.atBatch(t.microseconds());
                if (!failure) failure = std::current_exception();
            } catch (...) {
                if (!failure) failure = std::current_exception();
            }
            output->clear();
        }
        {
            detail::GraphCore::Turn const turn{graph};
            for (auto const& input : graph.inputs()) input->finish(t);
            graph.evict(t);
        }
        if (failure) std::rethrow_exception(failure);
    }

    /// Whether the output has a job, and all that lasts is brought up to it.
    static bool plan(detail::GraphCore& graph, detail::OutputNode& output, Time t, std::exception_ptr& failure)
    {
        detail::GraphCore::Turn const turn{graph};
        try {
            bool const planned = output.plan(t);
            graph.updateDue([&](detail::LastingNode& node) { update(node, failure); });
            return planned;
        } catch (...) {
            graph.abandonDue();
            throw;
        }
    }

    static void update(detail::LastingNode& node, std::exception_ptr& failure)
    {
        try {
            node.update();
        } catch (...) {
            node.abandon();
            if (!failure) failure = std::current_exception();
        }
    }

    Time next_;
    std::size_t started_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/runtime/interval_clock.ipp>
#endif
