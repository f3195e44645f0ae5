#pragma once

#include <sluice/stream/wait.hpp>

#include <atomic>
#include <cstddef>

namespace sluice::inline SLUICE_ABI::detail {

/// How many bytes of an input are received and not yet processed, and who waits because they are too many.
class Room {
public:
    explicit Room(std::size_t bound) : bound_(bound) {}

    /// The number of pauses so far. Who stores asks for it first; when it has waited, isOver() tells of a pause meanwhile, also of
    /// one that is over.
    [[nodiscard]] unsigned era() const { return pauses_.load(std::memory_order_relaxed) & ~1U; }
    [[nodiscard]] bool isOver(unsigned era) const { return closed() || pauses_.load(std::memory_order_relaxed) != era; }

    /// Waits until this many bytes fit, or nothing else is there, and counts them. False: the era is over.
    [[nodiscard]] bool enter(std::size_t bytes, unsigned era)
    {
        for (;;) {
            auto const epoch = epoch_.load(std::memory_order_acquire);
            if (tryEnter(bytes, era)) return true;
            if (isOver(era)) return false;
            Waiting const mark{waiters_};
            waitWhile(epoch_, epoch);
        }
    }

    /// Enters without waiting. False: they do not fit now, or the era is over.
    [[nodiscard]] bool tryEnter(std::size_t bytes, unsigned era)
    {
        if (isOver(era)) return false;
        auto used = used_.load(std::memory_order_relaxed);
        while (used == 0 || (used <= bound_ && bytes <= bound_ - used)) {
            if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return true;
        }
        return false;
    }

    /// Waits until there is any room, or nothing but `own` bytes is there. False: closed.
    [[nodiscard]] bool waitForAny(std::size_t own)
    {
        for (;;) {
            auto const epoch = epoch_.load(std::memory_order_acquire);
            if (closed()) return false;
            if (used() < bound_ || used() <= own) return true;
            Waiting const mark{waiters_};
            waitWhile(epoch_, epoch);
        }
    }

    void add(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }

    void leave(std::size_t bytes)
    {
        if (bytes == 0) return;
        used_.fetch_sub(bytes, std::memory_order_relaxed);
        wake();
    }

    /// Wakes those who wait: nothing enters any more.
    void close()
    {
        closed_.store(true, std::memory_order_relaxed);
        wake();
    }

    /// Nothing enters until it is resumed. One thread at a time.
    void pause()
    {
        pauses_.fetch_or(1, std::memory_order_relaxed);
        wake();
    }
    void resume() { pauses_.fetch_add(pauses_.load(std::memory_order_relaxed) & 1U, std::memory_order_relaxed); }

    /// Counts one who waits for a batch.
    struct Waiting {
        explicit Waiting(std::atomic<unsigned>& all) : count(all) { count.fetch_add(1, std::memory_order_relaxed); }
        Waiting(Waiting const&) = delete;
        Waiting& operator=(Waiting const&) = delete;
        ~Waiting() { count.fetch_sub(1, std::memory_order_relaxed); }
        std::atomic<unsigned>& count;
    };
    [[nodiscard]] std::atomic<unsigned>& waiters() { return waiters_; }
    [[nodiscard]] bool hasWaiters() const { return waiters_.load(std::memory_order_relaxed) > 0; }

    [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t bound() const { return bound_; }
    [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

private:
    void wake()
    {
        epoch_.fetch_add(1, std::memory_order_release);
        notifyAll(epoch_);
    }

    std::size_t const bound_;
    std::atomic<std::size_t> used_{0};
    std::atomic<bool> closed_{false};
    std::atomic<unsigned> pauses_{0};  // twice as many as there were; odd: it is one
    std::atomic<unsigned> epoch_{0};   // what waiters look at
    std::atomic<unsigned> waiters_{0};
};

}  // namespace sluice::inline SLUICE_ABI::detail
