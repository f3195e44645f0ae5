#pragma once

#include <sluice/input/receiver.hpp>
#include <sluice/input/store_node.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What a receiver is attached to.
template <class T>
struct ReceiverLink {
    Store<T>* store = nullptr;
    ReceiverControl* control = nullptr;
    InputNode const* input = nullptr;
};

template <class T, class R>
struct ReceiverNode;

}  // namespace detail

/// A receiver of your own: derive from it, override onStart and onStop, and give it to `receiverStream`.
///
/// `onStart()` sets up what receives, as a rule a thread that calls `store`, and returns; `onStop()` ends that and waits
/// for it. Both are called in one thread of the context's own, never at the same time; they begin again whenever the
/// receiver has stopped, until the context stops. When a context stops gracefully, what is stored until onStop returns belongs
/// to its last batches: `isStopped()` tells a thread that stores to come to an end. Otherwise nothing is stored any more once
/// onStop is called, until the next onStart: `store` answers false, also to a thread that waits in it. The other members may be
/// called from any thread. A receiver that is not in a `receiverStream`: `IllegalState`. Copies are receivers that are not.
///
/// ```cpp
/// struct Numbers : Receiver<int> {
///     std::thread thread;
///     void onStart() override
///     {
///         thread = std::thread{[this] { for (int i = 0; !isStopped() && store(i);) ++i; }};
///     }
///     void onStop() override { thread.join(); }
/// };
/// CHECK_THROWS_AS(Numbers{}.store(1), IllegalState);
/// ```
template <class T>
class Receiver {
public:
    Receiver() = default;
    Receiver(Receiver const&) noexcept {}
    Receiver& operator=(Receiver const&) noexcept { return *this; }

    virtual void onStart() = 0;
    virtual void onStop() = 0;

    /// Puts a record into the next batch. It waits while more than `Config::maxReceivedBytes` are received and not yet
    /// processed; false, and the record is dropped, once the context has stopped, or this receiver, until it is started
    /// again. While a context stops gracefully it is taken, until onStop has returned, or the deadline is over.
    bool store(T record) { return (*linked("store").store)(static_cast<T&&>(record)); }

    /// Puts all records of a range into one batch, and returns when they are in: what came from a source that is told so
    /// may be acknowledged then. Where the stream is kept (`checkpoint`) they last by then, and are not lost whatever becomes of the process;
    /// what cannot be written is refused by a `StreamError`, and the receiver may `restart`. What they are, where they come from, listeners
    /// read in that batch's `StreamInputInfo::description`: a line for each call.
    template <class Range>
        requires(!std::is_convertible_v<Range, T> && requires(Range& r) { T(*std::begin(r)); })
    bool store(Range&& records, std::string_view description = {})
    {
        return linked("store").store->all(static_cast<Range&&>(records), description);
    }

    /// The same, of a range or of one record, and says where the source stands behind them, in bytes of the receiver's own: a sequence
    /// number, an offset. Both last together. A receiver that has `void restore(std::string_view position)` is told the last position before
    /// each onStart, where there is one; so it knows what a source sends again that has not heard that it was stored. There need be no
    /// record.
    template <class Range>
        requires(!std::is_convertible_v<Range, T> && requires(Range& r) { T(*std::begin(r)); })
    bool storeUpTo(Range&& records, std::string_view position)
    {
        return linked("storeUpTo").store->upTo(static_cast<Range&&>(records), position);
    }
    bool storeUpTo(T record, std::string_view position)
    {
        std::vector<T> one;
        one.push_back(static_cast<T&&>(record));
        return linked("storeUpTo").store->upTo(std::move(one), position);
    }

    /// Tells listeners and the log; the receiver goes on.
    void reportError(std::string const& message, std::exception_ptr const& cause = nullptr)
    {
        linked("reportError").control->reportError(message, cause);
    }

    /// Asks for onStop and, after the delay (unset: `Config::receiverRestartDelay`), onStart. Returns at once. Listeners and
    /// the log are told, also of the cause.
    void restart(std::string message, std::optional<Duration> delay = {}, std::exception_ptr const& cause = nullptr)
    {
        linked("restart").control->restart(std::move(message), delay, cause);
    }

    /// It has stopped: nothing is stored any more. Returns at once, also from the thread that onStop waits for; unless
    /// the context stops, too, it is started again after `Config::receiverRestartDelay`. Listeners and the log are told,
    /// also of the cause.
    void stop(std::string message, std::exception_ptr const& cause = nullptr) { linked("stop").control->stop(std::move(message), cause); }

    [[nodiscard]] bool isStarted() const { return is("isStarted", detail::ReceiverControl::Phase::started); }
    [[nodiscard]] bool isStopped() const { return is("isStopped", detail::ReceiverControl::Phase::stopped); }

    /// The number of its stream among the inputs of the context, from 0.
    [[nodiscard]] std::size_t streamId() const { return linked("streamId").input->id; }

protected:
    ~Receiver() = default;

private:
    template <class, class>
    friend struct detail::ReceiverNode;

    [[nodiscard]] bool is(char const* call, detail::ReceiverControl::Phase phase) const { return linked(call).control->phase() == phase; }

    [[nodiscard]] detail::ReceiverLink<T> const& linked(char const* call) const
    {
        if (link_.store != nullptr) return link_;
        throw IllegalState{detail::concat({"sluice::Receiver::", call, ": the receiver belongs to no receiverStream yet"})};
    }

    detail::ReceiverLink<T> link_;
};

namespace detail {

template <class R, class T>
inline constexpr bool isReceiver = std::is_base_of_v<Receiver<T>, R>;
/// Whether it has `run(std::stop_token, store)`, or is a function of them.
template <class R, class T>
inline constexpr bool runsItself = requires(R& receiver, std::stop_token stop, Store<T>& store) { receiver.run(stop, store); } ||
                                   requires(R& receiver, std::stop_token stop, Store<T>& store) { receiver(stop, store); };
template <class R, class T>
inline constexpr bool receives = isReceiver<R, T> || runsItself<R, T>;
template <class R>
inline constexpr bool receives<R, void> = false;

/// What a function without arguments makes; nothing that is of use where it is none.
template <class F>
struct MadeBy {
    struct type {};
};
template <class F>
    requires std::is_invocable_v<F&>
struct MadeBy<F> {
    using type = std::invoke_result_t<F&>;
};

// The type of the records, where the receiver tells it: that of its base, or of the store that `run`, or the function, takes.
template <class T>
T storedBy(Receiver<T> const&);
template <class M>
struct SecondParameter;
template <class Result, class C, class A, class B>
struct SecondParameter<Result (C::*)(A, B)> : ReferredOf<Store, B> {};
template <class Result, class C, class A, class B>
struct SecondParameter<Result (C::*)(A, B) const> : ReferredOf<Store, B> {};
template <class Result, class A, class B>
struct SecondParameter<Result (*)(A, B)> : ReferredOf<Store, B> {};

template <class R>
auto recordsOf()
{
    if constexpr (requires(R& receiver) { storedBy(receiver); }) return std::type_identity<decltype(storedBy(std::declval<R&>()))>{};
    else if constexpr (requires { typename SecondParameter<decltype(&R::run)>::type; }) return SecondParameter<decltype(&R::run)>{};
    else if constexpr (requires { typename SecondParameter<decltype(&R::operator())>::type; })
        return SecondParameter<decltype(&R::operator())>{};
    else if constexpr (requires { typename SecondParameter<R>::type; }) return SecondParameter<R>{};
    else if constexpr (std::is_invocable_v<R&>) return recordsOf<std::remove_cvref_t<std::invoke_result_t<R&>>>();
    else return std::type_identity<void>{};
}
template <class T, class R>
struct RecordsOf : std::type_identity<T> {};
template <class R>
struct RecordsOf<void, R> : decltype(recordsOf<R>()) {};

template <class T, class R>
struct ReceiverNode final : RecordNode<T>, ReceiverTask, ReceiverControl::Hooks {
    template <class Make>
    ReceiverNode(Counted<GraphCore> const& owner, Label const& where, Make&& make) : RecordNode<T>(owner, where), own(make())
    {
        if constexpr (isReceiver<R, T>) own.Receiver<T>::link_ = {&this->store, &control, this};
    }

    [[nodiscard]] ReceiverTask* receiver() override { return this; }

    void run(std::stop_token stop, ReceiverHostBase& host) override
    {
        if constexpr (requires(std::string_view position) { own.restore(position); }) {
            if (auto const position = this->store.position()) own.restore(*position);
        }
        if constexpr (isReceiver<R, T>) control.run(stop, host, *this);
        else if constexpr (requires { own.run(stop, this->store); }) own.run(std::move(stop), this->store);
        else own(std::move(stop), this->store);
    }

    void onStart() override
    {
        if constexpr (isReceiver<R, T>) own.onStart();
    }
    void onStop() override
    {
        if constexpr (isReceiver<R, T>) own.onStop();
    }
    void pause() override
    {
        if constexpr (isReceiver<R, T>) this->store.pause();
    }
    void resume() override
    {
        if constexpr (isReceiver<R, T>) this->store.resume();
    }

    ReceiverControl control;
    R own;
};

}  // namespace detail

/// A stream of what a receiver of your own stores: `receiverStream<T>(context, receiver)`; T may be left out where the receiver
/// tells it: by its base, or by the `Store<T>&` that it takes.
///
/// The receiver is one of
///
/// - a class that derives from `Receiver<T>`;
/// - a class with `run(std::stop_token stop, store)`, or such a function: it is called in a thread of the context's own,
///   and calls `store(record)` (`Store<T>&`) until `stop` is asked for or store answers false; what it stores until it returns
///   belongs to the last batches of a graceful stop;
/// - a function without arguments that makes one of them, for those that cannot be moved.
///
/// A receiver that counts what its source sends stores that with the records, by `storeUpTo(records, position)` of a `Receiver<T>` or
/// `store.upTo(records, position)`, and has `void restore(std::string_view position)`: it is called before each start with the position that
/// was stored last. `| named("…") | checkpoint()` behind the stream writes down what is stored: see `checkpoint`.
///
/// It is moved into the stream. When it ends or throws, listeners are told (onReceiverError), and it is started again after
/// `Config::receiverRestartDelay`, until the context stops; a store that waits is woken then. A batch in which nothing
/// was stored is empty; partitions are cut by number, in the order of storing.
///
/// ```cpp
/// testing::Harness harness;
/// int sum = 0;
/// receiverStream<int>(harness.context(), [](std::stop_token stop, auto& store) {
///     for (int i = 1; i <= 3; ++i) store(i);
///     while (!stop.stop_requested()) std::this_thread::yield();
/// }) | foreachRDD([&](auto batch) { sum += batch | fold(0, std::plus{}); });
/// harness.start();
/// harness.awaitReceived(3);
/// harness.advance(1s);
/// CHECK(sum == 6);
/// ```
template <class T = void, class R>
[[nodiscard]] auto receiverStream(Graph const& graph, R receiver, CallSite at = CallSite::here())
{
    using Record = typename detail::RecordsOf<T, R>::type;
    using Made = typename detail::MadeBy<R>::type;
    constexpr bool given = detail::receives<R, Record>;
    constexpr bool made = detail::receives<Made, Record>;
    static_assert(!std::is_void_v<Record>,
                  "sluice::receiverStream(context, receiver): what type its records have is not to be seen: receiver must derive from "
                  "Receiver<T> or take a Store<T>&, or T must be given: receiverStream<T>(context, receiver)");
    static_assert(std::is_void_v<Record> || given || made,
                  "sluice::receiverStream<T>(context, receiver): receiver must derive from Receiver<T>, have "
                  "run(std::stop_token, store), or be such a function, or one without arguments that makes one of them");
    static_assert(detail::mayWait<std::conditional_t<given || made, Record, int>>(),
                  "sluice::receiverStream<T>(context, receiver): records wait for their batch, and must own what they show: a std::string, "
                  "not a std::string_view");
    if constexpr (given) {
        using Node = detail::ReceiverNode<Record, R>;
        auto node = detail::addInput<Node>(graph, {"receiverStream", at}, [&receiver] { return static_cast<R&&>(receiver); });
        return detail::streamOf(detail::SharedNode<Node>{std::move(node)});
    } else if constexpr (made) {
        using Node = detail::ReceiverNode<Record, Made>;
        return detail::streamOf(detail::SharedNode<Node>{detail::addInput<Node>(graph, {"receiverStream", at}, receiver)});
    } else {
        return detail::Refused{};
    }
}

}  // namespace sluice::inline SLUICE_ABI
