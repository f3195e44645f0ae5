#pragma once

#include <sluice/batch/owned.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/stream/graph.hpp>

#include <atomic>
#include <mutex>

namespace sluice::inline SLUICE_ABI {

/// A value that all tasks share: a cheap handle, to be captured by value instead of what may be large.
///
/// The value is owned (a view's text is copied), const, and read by any thread without waiting; it is freed with the last
/// handle. There is one copy in a process, so that `unpersist` has nothing to drop, and only checks the state; `destroy`
/// forbids further use: `IllegalState`. References that were got before stay good for as long as a handle lives.
///
/// ```cpp
/// #include <set>
/// auto const stopWords = broadcast(std::set<std::string, std::less<>>{"the", "a"});
/// auto const words = rdd(std::vector<std::string>{"the", "sluice"}) | filter([stopWords](std::string const& word) {
///     return !stopWords.value().contains(word);
/// });
/// CHECK((words | count()) == 1);
/// stopWords.destroy();
/// CHECK_THROWS_AS(static_cast<void>(stopWords.value()), IllegalState);
/// ```
template <class T>
class Broadcast {
public:
    explicit Broadcast(T value) : state_(detail::makeCounted<State>(static_cast<T&&>(value))) {}

    [[nodiscard]] T const& value() const
    {
        if (state_->destroyed.load(std::memory_order_relaxed)) refuse("value");
        return state_->value;
    }
    T const& operator*() const { return value(); }
    T const* operator->() const { return &value(); }

    void unpersist() const
    {
        if (state_->destroyed.load(std::memory_order_relaxed)) refuse("unpersist");
    }
    /// Twice is refused, too.
    void destroy() const
    {
        if (state_->destroyed.exchange(true, std::memory_order_relaxed)) refuse("destroy");
    }

private:
    struct State : detail::RefCounted {
        explicit State(T given) : value(static_cast<T&&>(given)) {}
        T const value;
        std::atomic<bool> destroyed{false};
    };

    [[noreturn]] SLUICE_COLD static void refuse(char const* call)
    {
        throw IllegalState{detail::concat({"sluice::Broadcast::", call, "(): the broadcast has been destroyed"})};
    }

    detail::Counted<State> state_;
};

namespace detail {

template <class T>
consteval void requireBroadcast()
{
    static_assert(
        mayOutlive<T>(),
        "sluice::broadcast(value): the value must not be a view of a type that the library cannot own: make it one that owns what "
        "it shows, or specialise sluice::OwnedAs");
}

}  // namespace detail

/// Makes a broadcast of a value.
///
/// ```cpp
/// CHECK(broadcast(7).value() == 7);
/// ```
template <class T>
[[nodiscard]] Broadcast<Owned<T>> broadcast(T&& value)
{
    detail::requireBroadcast<std::remove_cvref_t<T>>();
    if constexpr (canOwn<T>) return Broadcast<Owned<T>>{own(static_cast<T&&>(value))};
}

namespace detail {

/// The values of a replaceable broadcast: the one of each batch that is on its way.
template <class T>
class Versions final : public BatchScoped {
public:
    explicit Versions(T value) : newest_(new Version{static_cast<T&&>(value), noBatch, nullptr}) {}
    Versions(Versions const&) = delete;
    Versions& operator=(Versions const&) = delete;
    ~Versions() override
    {
        delete pending_;
        free(newest_.load());
    }

    [[nodiscard]] T const& of(std::int64_t batch) const
    {
        auto const* version = newest_.load(std::memory_order_acquire);
        while (version->from > batch && version->older != nullptr) version = version->older;
        return version->value;
    }

    void replace(T value)
    {
        auto* const fresh = new Version{static_cast<T&&>(value), noBatch, nullptr};
        std::unique_lock lock{mutex_};
        auto* const stale = std::exchange(pending_, fresh);
        lock.unlock();
        delete stale;
    }

    [[nodiscard]] T latest() const
    {
        std::lock_guard const lock{mutex_};
        return pending_ != nullptr ? pending_->value : newest_.load(std::memory_order_relaxed)->value;
    }

    SLUICE_COLD void begin(Time t) override
    {
        std::lock_guard const lock{mutex_};
        if (pending_ == nullptr) return;
        pending_->from = t.microseconds();
        pending_->older = newest_.load(std::memory_order_relaxed);
        newest_.store(std::exchange(pending_, nullptr), std::memory_order_release);
    }

    /// Batches behind t use what was there at t, or newer: they do not look further back.
    SLUICE_COLD void finish(Time t) override
    {
        std::unique_lock lock{mutex_};
        auto* version = newest_.load(std::memory_order_relaxed);
        while (version->from > t.microseconds()) version = version->older;
        auto* const old = std::exchange(version->older, nullptr);
        lock.unlock();
        free(old);
    }

private:
    struct Version {
        T value;
        std::int64_t from;  // the first batch that sees it
        Version* older;
    };

    static void free(Version* version)
    {
        while (version != nullptr) delete std::exchange(version, version->older);
    }

    std::atomic<Version*> newest_;
    mutable std::mutex mutex_;
    Version* pending_ = nullptr;
};

}  // namespace detail

/// A value that all tasks share, and that may be replaced while batches run: a table to join with, rules, a model. All that
/// runs for one batch sees one value, whatever is replaced meanwhile; the next batch to begin sees the last one. Values that
/// no batch needs are freed.
///
/// `value()` is for functions of a stream: what `transform`, operators and outputs call, on any thread, without waiting. Its
/// reference holds until the batch is done. Elsewhere there is no batch, and it throws `IllegalState`; `latest()` gives a
/// copy. `replace` may be called from any thread.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto const rate = replaceableBroadcast(clock, 2);
/// auto [channel, numbers] = channelStream<int>(clock);
/// std::vector<int> out;
/// numbers | map([rate](int x) { return x * rate.value(); }) | foreachRDD([&](auto batch) { out = batch | collect(); });
/// clock.poll(Time{0s});
/// channel.push(10);
/// rate.replace(3);
/// clock.poll(Time{1s});
/// CHECK(out == std::vector{30});
/// ```
template <class T>
class ReplaceableBroadcast {
public:
    ReplaceableBroadcast(Graph const& graph, T value) : versions_(detail::makeCounted<detail::Versions<T>>(static_cast<T&&>(value)))
    {
        graph.core()->add(detail::Counted<detail::BatchScoped>{versions_});
    }

    [[nodiscard]] T const& value() const
    {
        auto const batch = detail::batchOfThread;
        if (batch == detail::noBatch) refuse();
        return versions_->of(batch);
    }
    [[nodiscard]] T latest() const { return versions_->latest(); }
    void replace(T value) const { versions_->replace(static_cast<T&&>(value)); }

private:
    [[noreturn]] SLUICE_COLD static void refuse()
    {
        throw IllegalState{
            "sluice::ReplaceableBroadcast::value(): it depends on the batch, and none runs here: latest() gives a "
            "copy of the newest value"};
    }

    detail::Counted<detail::Versions<T>> versions_;
};

/// Makes a broadcast whose value may be replaced between the batches of a context.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto const table = replaceableBroadcast(clock, std::vector{1, 2});
/// table.replace({3});
/// CHECK(table.latest() == std::vector{3});
/// CHECK_THROWS_AS(static_cast<void>(table.value()), IllegalState);
/// ```
template <class T>
[[nodiscard]] ReplaceableBroadcast<Owned<T>> replaceableBroadcast(Graph const& graph, T&& value)
{
    detail::requireBroadcast<std::remove_cvref_t<T>>();
    if constexpr (canOwn<T>) return ReplaceableBroadcast<Owned<T>>{graph, own(static_cast<T&&>(value))};
}

}  // namespace sluice::inline SLUICE_ABI
