#pragma once

#include <sluice/runtime/listener_bus.hpp>
#include <sluice/runtime/streaming_engine.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A pointer that owns a listener. Any: `<memory>` is not included for one of them.
template <class P>
concept ListenerPointer = requires(P const& p) {
    { *p.get() } -> std::convertible_to<StreamingListener&>;
    static_cast<bool>(p);
};

template <class Pointer>
struct ListenerHeldBy final : ListenerOwner {
    explicit ListenerHeldBy(Pointer pointer) : held(std::move(pointer)) {}
    Pointer held;
};

/// What `getOrCreate` is made of, in <sluice/checkpoint.hpp>.
template <class Create>
struct Recovery;

/// What a function that makes a context gives.
template <class Create>
using CreatedBy = decltype(std::declval<Create&>()());

/// Whether such a thing may also stand for a context that somebody else owns.
template <class P>
inline constexpr bool mayBorrow =
    std::is_same_v<P, StreamingContext&> || std::is_same_v<P, StreamingContext*> || requires(StreamingContext* other) { P(P{}, other); };

}  // namespace detail

/// The engine of a program: it cuts the inputs of its streams into batches at every interval, and runs the outputs.
///
/// Streams and outputs are made before `start`, by one thread or several. Functions that they are given are used until the context
/// has stopped, so what these refer to is declared before the context, or behind it and before a `StopOnScopeExit`. One exclusive
/// context may be active in a process at a time; a stopped one cannot be started again. It may be stopped from any thread; its
/// destructor stops it.
///
/// A process that forks while one is active: the child has none of its threads, so it must neither use nor destroy the context,
/// nor leave by `exit` where the context is a static one; it calls `exec`, which inherits no descriptor of the library's, or `_exit`.
///
/// ```cpp
/// ManualClock clock;
/// StreamingContext ssc{{.master = "inline", .clock = clock}, 1s};
/// RDDQueue<int> queue;
/// std::int64_t seen = 0;
/// queueStream(ssc, queue) | foreachRDD([&](auto batch) { seen += batch | count(); });
/// queue.push({1, 2, 3});
/// ssc.start();
/// clock.advance(1s);
/// ssc.stop();
/// CHECK(seen == 3);
/// ```
class StreamingContext : public Graph {
public:
    /// Makes a `Context` of its own. An interval that is not positive, a master that is none: `InvalidArgument`.
    template <class Engine = detail::StreamingEngine<>, class Workers = detail::Workers<>>
    SLUICE_COLD StreamingContext(Config config, detail::Length interval)
        : StreamingContext(std::move(config), &Workers::make, interval, &Engine::make)
    {
    }

    /// Runs on a `Context` that others may use before or after it. If that is stopped: `IllegalState`.
    template <class Engine = detail::StreamingEngine<>>
    SLUICE_COLD StreamingContext(Context context, detail::Length interval) : StreamingContext(std::move(context), interval, &Engine::make)
    {
    }

    StreamingContext(StreamingContext const&) = delete;
    StreamingContext& operator=(StreamingContext const&) = delete;

    /// Stops it; where it is active, without grace: two seconds for the batch that runs, then for the block or the partition that
    /// is computed, and for receivers, which are told and awaited.
    [[gnu::cold]] ~StreamingContext();

    /// Checks the graph, starts the receivers and the clock. The first batch is at the next multiple of the interval.
    ///
    /// Active already: nothing, and a warning to the log. Stopped: `IllegalState`. Another exclusive context is active:
    /// `IllegalState` that says where it was started. No output: `InvalidArgument`; then, and whatever else fails here,
    /// the context is stopped.
    void start(CallSite at = CallSite::here()) { engine_->start(at); }

    /// Stops receivers, clock and workers; once. Returns when all has ended, or a second behind its deadline: then the log names
    /// what has not, a job that hangs, a receiver, a listener, and the destructor waits for it. From a thread of the context's own
    /// (a job, a receiver, a listener) it returns at once, and the stop happens meanwhile. During another stop it makes that one
    /// end as soon as this one would, and without grace where this one has none.
    void stop(StopOptions options = {}) { engine_->stop(options); }

    /// Waits until it is stopped. Throws what failed first, as soon as something has, when it has stopped the context, without
    /// grace: who catches it, and what dies on the way there, finds nothing running. Without `start()`, and in a job, a receiver
    /// or a listener of the context: `IllegalState`.
    void awaitTermination() { engine_->awaitTermination(std::nullopt); }

    /// As awaitTermination(), at most so long: true if it is stopped, false if the time is over. A negative time waits for ever.
    bool awaitTerminationOrTimeout(detail::Length timeout)
    {
        Duration const longest = timeout;
        return engine_->awaitTermination(longest < Duration{0} ? std::nullopt : std::optional{longest});
    }

    [[nodiscard]] ContextState getState() const { return engine_->state(); }
    /// The active exclusive context of the process, or null.
    [[nodiscard]] static StreamingContext* getActive()
    {
        std::lock_guard const lock{detail::activeEngine.mutex};
        auto* const engine = detail::activeEngine.engine;
        return engine != nullptr ? &engine->owner() : nullptr;
    }
    /// The active exclusive context of the process, or else what create() gives: a context that is not started, as a
    /// `std::shared_ptr`, or, where somebody else owns it, as a reference or a pointer. The active one is not owned by what is
    /// returned: it lasts as long as its owner lets it. What create throws goes through.
    ///
    /// ```cpp
    /// auto const create = [] { return std::make_shared<StreamingContext>(Config{.master = "inline"}, 1s); };
    /// auto const made = StreamingContext::getActiveOrCreate(create);
    /// queueStream(*made, RDDQueue<int>{}) | foreachRDD([](auto const&) {});
    /// made->start();
    /// CHECK(StreamingContext::getActiveOrCreate(create).get() == made.get());
    /// ```
    template <class Create>
    static detail::CreatedBy<Create> getActiveOrCreate(Create&& create)
    {
        return activeOr<detail::CreatedBy<Create>>(create);
    }
    /// The same, with `getOrCreate` where there is no active one.
    template <class Create>
    static detail::CreatedBy<Create> getActiveOrCreate(std::string const& directory, Create&& create, bool createOnError = false,
                                                       CallSite at = CallSite::here())
    {
        return activeOr<detail::CreatedBy<Create>>(
            [&]() -> detail::CreatedBy<Create> { return getOrCreate(directory, create, createOnError, at); });
    }

    /// A context that goes on where the one before it ended, in this process or another: what create() gives, with a checkpoint in the
    /// directory. It is not started. Include <sluice/checkpoint.hpp>, which has the example.
    ///
    /// create is called on each start, also where there is a checkpoint, and makes the streams: what a directory has is data, never the
    /// program. It gives a `std::unique_ptr` or a `std::shared_ptr` to a context, or, where somebody else owns it, a reference or a
    /// pointer. It may have called `checkpoint(context, directory, options)` itself; where it has not, that is done here, without options.
    ///
    /// What is in the directory is read now, and given to the states at `start`. Where nothing whole is left of it: `StreamError`; with
    /// createOnError it is put aside instead, into the directory `unreadable-<i>` in it, with i from 1, and the program begins anew: nothing
    /// is removed, and the log says what has happened. What can be read, but is of other types or names than the program's, is refused at
    /// `start` in either case. create has kept another directory, or gives no context: `InvalidArgument`. It has started the context without
    /// the checkpoint: `IllegalState`. The directory is in use by another process: `IllegalState`.
    template <class Create, class Recovery = detail::Recovery<Create>>
    static detail::CreatedBy<Create> getOrCreate(std::string const& directory, Create&& create, bool createOnError = false,
                                                 CallSite at = CallSite::here())
    {
        constexpr bool isIncluded = requires { sizeof(Recovery); };
        static_assert(isIncluded, "sluice::StreamingContext::getOrCreate(directory, create): include <sluice/checkpoint.hpp>");
        if constexpr (isIncluded) return Recovery::getOrCreate(directory, create, createOnError, at);
        else return create();
    }

    [[nodiscard]] Context const& context() const { return context_; }
    [[nodiscard]] Config const& config() const { return context_.config(); }
    [[nodiscard]] Clock const& clock() const { return engine_->clock(); }

    /// Every stream remembers its batches at least so long, for those who use them later. Once: a second call, or a time
    /// that is not positive, is an `InvalidArgument`.
    void remember(detail::Length d) { core()->setRemember(d); }

    /// Tells the listener of all that happens from now on, until it is removed, or dies: see `StreamingListener`.
    template <class Bus = detail::ListenerBus<>>
    SLUICE_COLD void addStreamingListener(StreamingListener& listener)
    {
        engine_->listeners().add(&Bus::make, listener, {});
    }
    /// It is not called any more when this returns (or, from a listener, when that returns).
    void removeStreamingListener(StreamingListener& listener) { engine_->listeners().remove(listener); }

    /// Adds a listener that is held by a `std::shared_ptr`, or another such pointer: it lasts until it is removed, or the
    /// context is gone. Null: `InvalidArgument`.
    template <detail::ListenerPointer Pointer, class Bus = detail::ListenerBus<>>
    SLUICE_COLD void addStreamingListener(Pointer listener)
    {
        if (!listener) throw InvalidArgument{"sluice::StreamingContext::addStreamingListener(listener): the pointer to it is null"};
        auto& held = *listener;
        engine_->listeners().add(&Bus::make, held,
                                 detail::Counted<detail::ListenerOwner>{new detail::ListenerHeldBy<Pointer>(std::move(listener))});
    }
    template <detail::ListenerPointer Pointer>
    void removeStreamingListener(Pointer const& listener)
    {
        if (listener) engine_->listeners().remove(*listener);
    }

    /// Waits until the batches of all ticks so far are done: what a test with a `ManualClock` does after moving it.
    void awaitBatches() const { engine_->awaitBatches(); }
    /// Waits for them at most so long; answers whether they are done.
    [[nodiscard]] bool awaitBatches(Duration timeout) { return engine_->awaitBatches(timeout); }

private:
    [[gnu::cold]] StreamingContext(Context context, detail::Length interval, detail::MakeEngine make);
    [[gnu::cold]] StreamingContext(Config&& config, detail::MakeWorkers makeWorkers, detail::Length interval, detail::MakeEngine make);

    template <class P, class Create>
    static P activeOr(Create&& create)
    {
        static_assert(detail::mayBorrow<P>,
                      "sluice::StreamingContext::getActiveOrCreate(create): the active context is somebody else's: create must return a "
                      "std::shared_ptr<StreamingContext>, a StreamingContext&, or a StreamingContext*");
        if constexpr (detail::mayBorrow<P>) {
            if (auto* const active = getActive()) {
                if constexpr (std::is_reference_v<P>) return *active;
                else if constexpr (std::is_pointer_v<P>) return active;
                else return P(P{}, active);
            }
        }
        return create();
    }

    Context context_;
    detail::Counted<detail::StreamingEngineBase> engine_;
};

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/runtime/streaming_context.ipp>
#endif
