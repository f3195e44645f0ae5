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
        for (auto const& one : kept_) {
            if (one.time == t) return one.result;
        }
        return {};
    }

    /// The result of batch t: fill(T&) makes it where there is none yet. What fill throws leaves nothing behind.
    template <class Fill>
    Counted<T> findOr(Time t, Fill&& fill)
    {
        std::lock_guard const lock{mutex_};
        for (auto const& one : kept_) {
            if (one.time == t) return one.result;
        }
        auto result = spare();
        fill(*result);
        kept_.push_back({t, result});
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
        std::size_t left = 0;
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            if (kept_[i].time <= upTo) {
                if (kept_[i].result.unique() && spare_.size() < spares) {
                    kept_[i].result->clear();
                    spare_.push_back(std::move(kept_[i].result));
                }
            } else {
                if (left != i) kept_[left] = std::move(kept_[i]);
                ++left;
            }
        }
        while (kept_.size() > left) kept_.pop_back();
    }

private:
    static constexpr std::size_t spares = 4;

    struct Kept {
        Time time;
        Counted<T> result;
    };

    Counted<T> spare()
    {
        if (spare_.empty()) return makeCounted<T>();
        auto result = std::move(spare_.back());
        spare_.pop_back();
        return result;
    }

    mutable std::mutex mutex_;
    List<Kept> kept_;
    List<Counted<T>> spare_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
