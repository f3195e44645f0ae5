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
        : held_(detail::makeCounted<Held<F>>(static_cast<F&&>(f)))
    {
    }

    R operator()(Args... args) const { return held_->call(static_cast<Args&&>(args)...); }
    explicit operator bool() const { return static_cast<bool>(held_); }

private:
    struct Base : detail::RefCounted {
        virtual ~Base() = default;
        virtual R call(Args... args) = 0;
    };
    template <class F>
    struct Held final : Base {
        explicit Held(F function) : f(static_cast<F&&>(function)) {}
        R call(Args... args) override { return f(static_cast<Args&&>(args)...); }
        F f;
    };

    detail::Counted<Base> held_;
};

}  // namespace sluice::inline SLUICE_ABI
