#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/error.hpp>

#include <atomic>
#include <mutex>

namespace sluice::inline SLUICE_ABI {

/// A value that every task reads and nobody changes, shared by all copies of this cheap handle: what large tables are
/// captured as. It lives as long as one of them.
///
/// ```cpp
/// Broadcast const known{std::vector<int>{1, 3}};
/// auto const hits = rdd({1, 2, 3}) | filter([known](int x) { return x == known->front() || x == known->back(); });
/// CHECK((hits | count()) == 2);
/// ```
template <class T>
class Broadcast {
public:
    explicit Broadcast(T value) : state_(detail::makeCounted<State>(std::move(value))) {}

    /// Destroyed: `IllegalState`.
    [[nodiscard]] T const& value() const
    {
        if (state_->destroyed.load(std::memory_order_acquire)) refuse();
        return state_->value;
    }
    T const& operator*() const { return value(); }
    T const* operator->() const { return &value(); }

    /// From now on it is an error to read it: finds those who still do. Its memory is freed with the last handle.
    void destroy() const { state_->destroyed.store(true, std::memory_order_release); }

private:
    struct State : detail::RefCounted {
        explicit State(T v) : value(std::move(v)) {}
        T value;
        std::atomic<bool> destroyed{false};
    };

    [[noreturn]] SLUICE_COLD static void refuse()
    {
        throw IllegalState{"sluice::Broadcast::value: the broadcast has been destroyed"};
    }

    detail::Counted<State> state_;
};

/// A value that the program replaces while batches run, such as a table that is loaded again every hour. Who asks gets
/// the newest as a `Broadcast`, and keeps that one for as long as it likes: asked for once in `transform(f)` or
/// `foreachRDD(f)`, all tasks of the batch see one value.
///
/// ```cpp
/// Replaceable const least{2};
/// auto const run = [&] { return rdd({1, 2, 3}) | filter([now = least.get()](int x) { return x >= *now; }); };
/// auto const before = run();
/// least.replace(3);
/// CHECK((before | collect()) == std::vector{2, 3});
/// CHECK((run() | collect()) == std::vector{3});
/// ```
template <class T>
class Replaceable {
public:
    explicit Replaceable(T value) : state_(detail::makeCounted<State>(std::move(value))) {}

    [[nodiscard]] Broadcast<T> get() const
    {
        std::lock_guard const lock{state_->mutex};
        return state_->now;
    }

    void replace(T value) const
    {
        Broadcast<T> next{std::move(value)};
        std::lock_guard const lock{state_->mutex};
        std::swap(state_->now, next);  // the old value, if this was its last handle, goes behind the lock
    }

private:
    struct State : detail::RefCounted {
        explicit State(T value) : now(std::move(value)) {}
        std::mutex mutex;
        Broadcast<T> now;
    };
    detail::Counted<State> state_;
};

}  // namespace sluice::inline SLUICE_ABI
