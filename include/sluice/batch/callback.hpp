#pragma once

#include <sluice/batch/counted.hpp>

namespace sluice::inline SLUICE_ABI {

template <class Signature>
class Callback;

namespace detail {

/// What a Callback holds. A pointer instead of a virtual destructor: no table and no name of each type of function is in the program.
struct HeldFunction : RefCounted {
    void (*destroy)(HeldFunction& held) noexcept;

    void dispose() noexcept { destroy(*this); }
};

#ifdef SLUICE_COMPILED
extern template class Counted<HeldFunction>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail

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

    R operator()(Args... args) const { return static_cast<Held&>(*held_).call(*held_, static_cast<Args&&>(args)...); }
    explicit operator bool() const { return static_cast<bool>(held_); }

private:
    struct Held : detail::HeldFunction {
        R (*call)(detail::HeldFunction& held, Args... args);
    };
    template <class F>
    struct HeldAs final : Held {
        explicit HeldAs(F function) : f(static_cast<F&&>(function))
        {
            this->call = [](detail::HeldFunction& held, Args... args) -> R {
                return static_cast<HeldAs&>(held).f(static_cast<Args&&>(args)...);
            };
            this->destroy = [](detail::HeldFunction& held) noexcept { delete static_cast<HeldAs*>(&held); };
        }
        F f;
    };

    detail::Counted<detail::HeldFunction> held_;
};

}  // namespace sluice::inline SLUICE_ABI
