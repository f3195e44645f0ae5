#pragma once

#include <sluice/runtime/hosted_workers.hpp>
#include <sluice/runtime/workers.hpp>
#include <sluice/stream/config.hpp>

#include <charconv>
#include <thread>

namespace sluice::inline SLUICE_ABI {

/// An accumulator of a `Context`, as pages and logs show it.
struct AccumulatorInfo {
    std::size_t id = 0;  ///< in the order in which they were made, from 0
    std::string name;    ///< may be empty
    std::string value;   ///< its text form; empty where it has none
};

namespace detail {

struct AccumulatorBase : Disposable {
    explicit AccumulatorBase(std::string text) : name(std::move(text)) {}
    AccumulatorBase(AccumulatorBase const&) = delete;
    AccumulatorBase& operator=(AccumulatorBase const&) = delete;
    [[nodiscard]] virtual std::string valueText() = 0;

    std::string const name;
};

using MakeWorkers = Counted<WorkersBase> (*)(std::size_t workers, std::size_t partitions,
                                             Callback<void(std::string const&)> const& onThreadStart);

/// The workers that a master asks for; 0: batches run in the thread that ticks.
[[gnu::cold]] std::size_t workersOf(std::string const& master);

}  // namespace detail

/// The workers that batches run on: what several `StreamingContext`s, one after another, may share. A cheap handle.
///
/// A `StreamingContext` makes one from its `Config`, or is given one, and stops it with itself unless told otherwise.
///
/// ```cpp
/// Context context{{.master = "local[2]"}};
/// CHECK(context.defaultParallelism() == 2);
/// context.stop();
/// CHECK(context.isStopped());
/// ```
class Context {
public:
    template <class Workers = detail::Workers<>>
    explicit Context(Config config = {}) : Context(std::move(config), &Workers::make)
    {
    }

    /// Runs on threads of the host's instead of its own: N tasks at a time under the master `local[N]`, one of them in the
    /// job thread. Nothing is posted any more when `stop` has returned; what was posted and has not run yet may be dropped.
    ///
    /// ```cpp
    /// std::atomic<int> posted = 0;
    /// Context context{{.master = "local[3]"}, [&](Callback<void()> task) {
    ///     ++posted;
    ///     task();
    /// }};
    /// StreamingContext ssc{context, 1s};
    /// CHECK(ssc.context().defaultParallelism() == 3);
    /// ```
    template <Executor E, class Workers = detail::HostedWorkers<>>
    SLUICE_COLD Context(Config config, E executor)
    {
        auto const [size, partitions] = sizes(config);
        adopt(std::move(config), detail::makeCounted<Workers>(size, partitions, Callback<void(Callback<void()>)>{std::move(executor)}));
    }

    [[nodiscard]] Config const& config() const { return state_->config; }
    [[nodiscard]] std::size_t defaultParallelism() const { return state_->workers->defaultPartitions(); }

    /// Ends its threads; what runs on it later runs where it is called.
    void stop() const
    {
        state_->stopped.store(true);
        state_->workers->stop();
    }
    /// Ends its threads; loops that go on are waited for until then at most. False: the threads end with this handle's last copy.
    [[nodiscard]] bool stopBy(std::chrono::steady_clock::time_point end) const
    {
        state_->stopped.store(true);
        return state_->workers->stopBy(end);
    }
    [[nodiscard]] bool isStopped() const { return state_->stopped.load(); }

    /// All accumulators that were made of it.
    template <class Info = AccumulatorInfo>
    [[nodiscard]] SLUICE_COLD std::vector<Info> accumulators() const
    {
        std::lock_guard const lock{state_->mutex};
        std::vector<Info> out;
        for (auto const& one : state_->accumulators) out.push_back({out.size(), one->name, one->valueText()});
        return out;
    }

    // For accumulators, and for the contexts that run on it.
    [[gnu::cold]] void add(detail::Counted<detail::AccumulatorBase> accumulator) const;
    [[nodiscard]] detail::Counted<detail::WorkersBase> const& workers() const { return state_->workers; }
    [[nodiscard]] EnginePlace place() const { return EnginePlace{detail::Counted<detail::Engine>{state_->workers}}; }
    [[nodiscard]] bool inlined() const { return detail::workersOf(config().master) == 0; }

private:
    struct State : detail::RefCounted {
        State(Config&& given, detail::Counted<detail::WorkersBase> made) : config(std::move(given)), workers(std::move(made)) {}
        [[gnu::cold]] ~State();

        Config config;
        detail::Counted<detail::WorkersBase> workers;  // batches that are kept hold them too
        std::atomic<bool> stopped{false};
        std::mutex mutex;
        detail::List<detail::Counted<detail::AccumulatorBase>> accumulators;
    };

    friend class StreamingContext;
    [[gnu::cold]] Context(Config&& config, detail::MakeWorkers make);

    struct Sizes {
        std::size_t workers;
        std::size_t partitions;
    };
    [[gnu::cold]] static Sizes sizes(Config const& config);
    [[gnu::cold]] void adopt(Config&& config, detail::Counted<detail::WorkersBase> workers);

    detail::Counted<State> state_;
};

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/runtime/context.ipp>
#endif
