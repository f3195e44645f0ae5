#pragma once

#include <sluice/batch/macros.hpp>

#include <type_traits>
#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

/// The count of what is held by Counted pointers: derive from it.
struct RefCounted {
    constexpr RefCounted() = default;
    constexpr RefCounted(RefCounted const&) noexcept {}  // a copy is another object, held by nobody yet
    constexpr RefCounted& operator=(RefCounted const&) noexcept { return *this; }

    constexpr void retain() noexcept
    {
        if (std::is_constant_evaluated()) ++refs_;
        else __atomic_fetch_add(&refs_, 1U, __ATOMIC_RELAXED);
    }

    /// True when the last holder let go.
    [[nodiscard]] constexpr bool release() noexcept
    {
        if (std::is_constant_evaluated()) return --refs_ == 0;
        return __atomic_sub_fetch(&refs_, 1U, __ATOMIC_ACQ_REL) == 0;
    }

    /// Whether the caller's pointer is the only one: then it may be written to and used again.
    [[nodiscard]] constexpr bool unique() const noexcept
    {
        if (std::is_constant_evaluated()) return refs_ == 1;
        return __atomic_load_n(&refs_, __ATOMIC_ACQUIRE) == 1;
    }

protected:
    constexpr ~RefCounted() = default;

private:
    unsigned refs_ = 0;
};

/// What is held by its base: one function lets go of all of these. Derive from it.
struct Disposable : RefCounted {
    virtual ~Disposable() = default;

    /// Nobody holds it any more.
    virtual void dispose() noexcept;
};

/// One holder less: the last one that lets go disposes of it.
void letGo(Disposable& object) noexcept;
void letGo(RefCounted& object, void (*dispose)(RefCounted&) noexcept) noexcept;
/// How objects are disposed of that have nothing to destroy.
void freeMemory(RefCounted& object) noexcept;

/// A counted pointer that works while compiling and that needs no `<memory>` (which alone parses for 0.7 s).
template <class T>
class Counted {
public:
    constexpr Counted() = default;
    [[gnu::always_inline]] constexpr explicit Counted(T* object) noexcept : object_(object)
    {
        if (object_ != nullptr) object_->retain();
    }
    [[gnu::always_inline]] constexpr Counted(Counted const& other) noexcept : Counted(other.object_) {}
    constexpr Counted(Counted&& other) noexcept : object_(other.object_) { other.object_ = nullptr; }

    /// Takes over a count that somebody has taken for it.
    [[nodiscard]] static constexpr Counted adopt(T* counted) noexcept
    {
        Counted result;
        result.object_ = counted;
        return result;
    }

    template <class U>
        requires std::is_convertible_v<U*, T*>
    constexpr Counted(Counted<U> const& other) noexcept : Counted(static_cast<T*>(other.get()))
    {
    }

    // Inline, and the rest of it out of line and of no type: so there is no function for each T that lets go. (g++ 12 would not see,
    // either, that a count holds for all copies, and warn of a use after free.)
    [[gnu::always_inline]] constexpr ~Counted()
    {
        if (object_ == nullptr) return;
        if (std::is_constant_evaluated()) {
            if (object_->release()) delete object_;
        } else if constexpr (std::is_base_of_v<Disposable, T>) {
            letGo(static_cast<Disposable&>(*object_));
        } else {
            letGo(*object_, howToDispose());
        }
    }

    // Not by value: where a template says `x = {}`, clang 14 does not destroy the parameter, in which the old object would be.
    constexpr Counted& operator=(Counted&& other) noexcept
    {
        T* const next = other.object_;
        other.object_ = nullptr;
        auto const mine = adopt(object_);
        object_ = next;
        return *this;
    }
    [[gnu::always_inline]] constexpr Counted& operator=(Counted const& other) noexcept { return *this = Counted{other}; }

    [[nodiscard]] constexpr T* get() const noexcept { return object_; }
    constexpr T& operator*() const noexcept { return *object_; }
    constexpr T* operator->() const noexcept { return object_; }
    constexpr explicit operator bool() const noexcept { return object_ != nullptr; }
    [[nodiscard]] constexpr bool unique() const noexcept { return object_ != nullptr && object_->unique(); }

    friend constexpr bool operator==(Counted const& a, Counted const& b) noexcept { return a.object_ == b.object_; }

private:
    static void dispose(RefCounted& object) noexcept
    {
        if constexpr (requires(T& own) { own.dispose(); }) static_cast<T&>(object).dispose();
        else delete &static_cast<T&>(object);
    }
    static constexpr auto howToDispose() noexcept
    {
        constexpr bool isUsual = std::is_trivially_destructible_v<T> && alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
        if constexpr (isUsual && !requires(T& own) { own.dispose(); }) return &freeMemory;
        else return &dispose;
    }

    T* object_ = nullptr;
};

template <class T, class... Args>
[[nodiscard]] constexpr Counted<T> makeCounted(Args&&... args)
{
    return Counted<T>{new T(static_cast<Args&&>(args)...)};
}

/// What may hold another of its kind, and so on, as often as a loop says: the last holder that lets go of one does not
/// destroy those below from within, but one after another. Derive from it.
struct GoesInTurn : Disposable {
    [[gnu::cold]] void dispose() noexcept override;

private:
    GoesInTurn* after_ = nullptr;
};

/// A counted value of any type, for what is no class of ours.
template <class T>
struct Box : RefCounted {
    T value;
    constexpr explicit Box(T v) : value(static_cast<T&&>(v)) {}
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/counted.ipp>
#endif
