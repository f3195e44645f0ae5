#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/stream/list.hpp>
#include <sluice/stream/time.hpp>

#include <mutex>

namespace sluice::inline SLUICE_ABI::detail {

/// The results of a node's remembered batches, and the memory of those that were forgotten. T has clear(): let go of
/// the batch, keep the memory. What somebody else still holds is left to them, and replaced.
template <class T>
class Memo {
public:
    /// The result of batch t: null where there is none.
    [[nodiscard]] Counted<T> find(Time t) const
    {
        std::lock_guard const lock{mutex_};
        auto const at = placeOf(t);
        return at < kept_.size() && kept_[at].time == t ? kept_[at].result : Counted<T>{};
    }

    /// The result of batch t: fill(T&) makes it where there is none yet. What fill throws leaves nothing behind.
    template <class Fill>
    Counted<T> findOr(Time t, Fill&& fill)
    {
        std::lock_guard const lock{mutex_};
        auto const at = placeOf(t);
        if (at < kept_.size() && kept_[at].time == t) return kept_[at].result;
        kept_.makeRoom();  // before anything is taken that would be lost
        auto result = spare();
        fill(*result);
        kept_.push_back({t, result});
        for (auto i = kept_.size() - 1; i > at; --i) std::swap(kept_[i], kept_[i - 1]);  // rarely an earlier one
        return result;
    }

    /// f(result) for each.
    template <class F>
    void each(F&& f) const
    {
        std::lock_guard const lock{mutex_};
        for (auto const& one : kept_) f(std::as_const(*one.result));
    }

    void evict(Time upTo)
    {
        std::lock_guard const lock{mutex_};
        while (!kept_.empty() && kept_[0].time <= upTo) {
            if (kept_[0].result.unique() && hasRoom()) {
                kept_[0].result->clear();
                spare_.push_back(std::move(kept_[0].result));
            }
            kept_.pop_front();
        }
    }

    void forget() noexcept
    {
        std::lock_guard const lock{mutex_};
        kept_.clear();
    }

private:
    static constexpr std::size_t spares = 4;

    struct Kept {
        Time time;
        Counted<T> result;
    };

    /// Where the result of batch t stands, or would. The newest is asked for most.
    [[nodiscard]] std::size_t placeOf(Time t) const
    {
        auto end = kept_.size();
        if (end == 0 || kept_[end - 1].time < t) return end;
        std::size_t begin = 0;
        for (--end; begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (kept_[middle].time < t) begin = middle + 1;
            else end = middle;
        }
        return begin;
    }

    Counted<T> spare()
    {
        if (spare_.empty()) return makeCounted<T>();
        auto result = std::move(spare_.back());
        spare_.pop_back();
        return result;
    }

    /// Whether there is room for one more; it is made once.
    bool hasRoom() noexcept
    {
        try {
            spare_.reserve(spares);
        } catch (...) {
            return false;
        }
        return spare_.size() < spares;
    }

    mutable std::mutex mutex_;
    List<Kept> kept_;  // in the order of time
    List<Counted<T>> spare_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
