#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/batch/maybe.hpp>
#include <sluice/stream/time.hpp>

#include <mutex>

namespace sluice::inline SLUICE_ABI::detail {

/// A Memo, as far as it does not depend on what its results are. A pointer that it gives has been counted for whoever gets it.
class AnyMemo {
public:
    /// What is done to results of one type.
    struct Kind {
        RefCounted* (*make)();  // counted
        void (*clear)(RefCounted& result);
        void (*drop)(RefCounted* counted) noexcept;
    };

    explicit AnyMemo(Kind const& kind) : kind_(kind) {}
    ~AnyMemo();
    AnyMemo(AnyMemo const&) = delete;
    AnyMemo& operator=(AnyMemo const&) = delete;

    [[nodiscard]] RefCounted* find(Time t) const;
    [[nodiscard]] RefCounted* findOr(Time t, void (*fill)(void* context, RefCounted& result), void* context);
    void each(void (*see)(void* context, RefCounted const& result), void* context) const;
    void evict(Time upTo);
    void forget() noexcept;

private:
    static constexpr std::size_t spares = 4;

    struct Kept {
        Time time;
        RefCounted* result;
    };

    [[nodiscard]] std::size_t placeOf(Time t) const;
    bool hasRoom() noexcept;

    Kind const& kind_;
    mutable std::mutex mutex_;
    List<Kept> kept_;  // in the order of time
    List<RefCounted*> spare_;
};

/// What is done to results of type T. They are let go of as Bases, by which others hold them.
template <class T, class Base = T>
inline constexpr AnyMemo::Kind memoKind{
    []() -> RefCounted* {
        T* const result = new T();
        result->retain();
        return result;
    },
    [](RefCounted& result) { static_cast<Base&>(result).clear(); },
    [](RefCounted* result) noexcept { static_cast<void>(Counted<Base>::adopt(static_cast<Base*>(result))); },
};

/// The results of a node's remembered batches, and the memory of those that were forgotten. T has clear(): let go of
/// the batch, keep the memory. What somebody else still holds is left to them, and replaced.
template <class T>
class Memo {
public:
    Memo() : any_(memoKind<T>) {}

    /// The result of batch t: null where there is none.
    [[nodiscard]] Counted<T> find(Time t) const { return counted(any_.find(t)); }
    /// The batch that reads it; none where there is none.
    template <class Batch>
    [[nodiscard]] Maybe<Batch> batch(Time t) const
    {
        auto found = find(t);
        if (!found) return {};
        return Batch{std::move(found)};
    }

    /// The result of batch t: fill(T&) makes it where there is none yet. What fill throws leaves nothing behind.
    template <class Fill>
    Counted<T> findOr(Time t, Fill&& fill)
    {
        return counted(any_.findOr(
            t, [](void* f, RefCounted& result) { (*static_cast<std::remove_reference_t<Fill>*>(f))(static_cast<T&>(result)); }, &fill));
    }

    /// f(result) for each.
    template <class F>
    void each(F&& f) const
    {
        any_.each(
            [](void* see, RefCounted const& result) { (*static_cast<std::remove_reference_t<F>*>(see))(static_cast<T const&>(result)); },
            &f);
    }

    /// Forgets the batches up to that time.
    void evict(Time upTo) { any_.evict(upTo); }

private:
    static Counted<T> counted(RefCounted* result) { return Counted<T>::adopt(static_cast<T*>(result)); }

    AnyMemo any_;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/stream/memo.ipp>
#endif
