#pragma once

#include <sluice/batch/macros.hpp>

#include <cstdint>
#include <mutex>

#include <pthread.h>
#include <time.h>

namespace sluice::inline SLUICE_ABI::io {

/// A mutex with a condition that can be waited for until a point of the steady clock: what `<condition_variable>` is,
/// without its cost to every program that includes this library (0.1 s).
///
/// ```cpp
/// io::Monitor monitor;
/// std::unique_lock lock{monitor};
/// CHECK(!monitor.waitUntil(std::chrono::steady_clock::now(), [] { return false; }));
/// ```
class Monitor {
public:
    Monitor()
    {
        pthread_condattr_t attributes;
        ::pthread_condattr_init(&attributes);
        ::pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        ::pthread_cond_init(&condition_, &attributes);
        ::pthread_condattr_destroy(&attributes);
    }
    Monitor(Monitor const&) = delete;
    Monitor& operator=(Monitor const&) = delete;
    ~Monitor()
    {
        ::pthread_cond_destroy(&condition_);
        ::pthread_mutex_destroy(&mutex_);
    }

    void lock() { ::pthread_mutex_lock(&mutex_); }
    void unlock() { ::pthread_mutex_unlock(&mutex_); }
    void notifyAll() { ::pthread_cond_broadcast(&condition_); }

    /// The point of the steady clock that is so far from now; its last one where it is farther, its first one where it is before.
    [[nodiscard]] static std::chrono::steady_clock::time_point after(std::chrono::microseconds d)
    {
        return after(std::chrono::steady_clock::now(), d);
    }
    [[nodiscard]] static std::chrono::steady_clock::time_point after(std::chrono::steady_clock::time_point from,
                                                                     std::chrono::microseconds d)
    {
        std::int64_t end = 0;
        bool const outside = __builtin_mul_overflow(d.count(), std::int64_t{1000}, &end) ||
                             __builtin_add_overflow(end, std::int64_t{from.time_since_epoch().count()}, &end);
        if (outside && d.count() > 0) return std::chrono::steady_clock::time_point::max();
        return outside || end < 0 ? std::chrono::steady_clock::time_point{}
                                  : std::chrono::steady_clock::time_point{std::chrono::nanoseconds{end}};
    }

    /// Waits, locked by the caller, until it holds.
    template <class Holds>
    void wait(Holds&& holds)
    {
        while (!holds()) ::pthread_cond_wait(&condition_, &mutex_);
    }

    /// Waits, locked by the caller, until it holds, but not beyond `end`; answers whether it holds.
    template <class Holds>
    bool waitUntil(std::chrono::steady_clock::time_point end, Holds&& holds)
    {
        auto const sinceBoot = std::chrono::duration_cast<std::chrono::nanoseconds>(end.time_since_epoch()).count();
        timespec const deadline{static_cast<time_t>(sinceBoot / 1'000'000'000), static_cast<long>(sinceBoot % 1'000'000'000)};
        while (!holds()) {
            if (::pthread_cond_timedwait(&condition_, &mutex_, &deadline) != 0) return holds();
        }
        return true;
    }

private:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition_;
};

}  // namespace sluice::inline SLUICE_ABI::io
