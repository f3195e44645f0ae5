#pragma once

#include <sluice/batch/counted.hpp>

namespace sluice::inline SLUICE_ABI {

template <class Signature>
class Callback;

/// A function that a setting holds: any callable, shared by copies; empty by default. It is what `std::function` is,
/// without the cost of `<functional>` to every program that includes this library (0.15 s).
///
/// ```cpp
/// int calls = 0;
/// Callback<void(int)> const callback = [&calls](int n) { calls += n; };
/// callback(2);
/// CHECK(calls == 2);
/// CHECK(!Callback<void(int)>{});
/// ```
template <class R, class... Args>
class Callback<R(Args...)> {
public:
    Callback() = default;

    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> && std::is_invocable_r_v<R, F&, Args...>)
    SLUICE_COLD Callback(F f)  // NOLINT: implicit, a lambda is one
        : held_(new HeldAs<F>(static_cast<F&&>(f)))
    {
    }

    R operator()(Args... args) const { return held_->call(*held_, static_cast<Args&&>(args)...); }
    explicit operator bool() const { return static_cast<bool>(held_); }

private:
    // Two pointers instead of virtual functions: no table and no name of each type of function is in the program.
    struct Held : detail::RefCounted {
        R (*call)(Held& held, Args... args);
        void (*destroy)(Held& held) noexcept;

        void dispose() noexcept { destroy(*this); }
    };
    template <class F>
    struct HeldAs final : Held {
        explicit HeldAs(F function) : f(static_cast<F&&>(function))
        {
            this->call = [](Held& held, Args... args) -> R { return static_cast<HeldAs&>(held).f(static_cast<Args&&>(args)...); };
            this->destroy = [](Held& held) noexcept { delete static_cast<HeldAs*>(&held); };
        }
        F f;
    };

    detail::Counted<Held> held_;
};

}  // namespace sluice::inline SLUICE_ABI
