#pragma once

#include <sluice/batch/rdd.hpp>

#include <cstdint>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
inline constexpr bool answersBool = std::convertible_to<T, bool>;

/// Behind need::Calls.
template <class F>
struct AnswersBool {
    template <class Up>
    static constexpr bool holds = answersBool<CallResult<F, ConstRecordOf<Up>>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::filter(f): f must answer true or false");
    }
};

/// An integer as wide as the record: g++ 12 vectorises `x % 2 == 0` from a function that returns bool only so.
template <class T>
using AnswerOf = std::conditional_t<std::is_arithmetic_v<T> && sizeof(T) == 8, std::int64_t, int>;

template <class Op, class Next>
struct FilterStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        auto const keep = static_cast<AnswerOf<std::remove_cvref_t<R>>>(
            static_cast<bool>(callIn(op->label, op->f, std::as_const(record))));
        if constexpr (requires { next.pushIf(static_cast<R&&>(record), keep != 0); }) {
            return next.pushIf(static_cast<R&&>(record), keep != 0);
        } else {
            if (keep != 0) return next(static_cast<R&&>(record));
            return true;
        }
    }
};

template <class F>
struct Filter : NarrowBase, Needs<need::Calls<F, ConstRecordOf>, AnswersBool<F>> {
    [[no_unique_address]] F f;
    Label label;
    static constexpr bool resumable = true;
    static constexpr bool keepsKeys = true;

    constexpr Filter(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"filter", at} {}

    template <class Up>
    using Record = RecordOf<Up>;
    template <class Up>
    static constexpr bool stored = Up::stored;
    template <class Up>
    static constexpr bool stable = Up::stable;

    template <class Next>
    constexpr auto before(Next next) const
    {
        return FilterStep<Filter, Next>{this, static_cast<Next&&>(next)};
    }
};

struct FilterFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return Filter<F>{static_cast<F&&>(f), at};
    }
    template <class F, class T>
    [[nodiscard]] auto operator()(F f, DeadLetters<T> letters, CallSite at = CallSite::here()) const
    {
        return FilterGuarded<F, T>{static_cast<F&&>(f), std::move(letters), at};
    }
};

}  // namespace detail

/// Keep the records for which f answers true.
///
/// Narrow. f takes a record, or the members of a pair or tuple, as const, and answers bool. Records are handed on as
/// they are; partitions and order are kept. An empty batch stays empty, *no RDD* stays none. What f throws fails the
/// batch, as a `StreamError` that names this operator; with `filter(f, letters)` its record goes to the `deadLetters`, and
/// the others on.
///
/// ```cpp
/// auto often = rdd({std::pair{"a", 1}, std::pair{"b", 3}}) | filter([](auto, int n) { return n > 1; });
/// CHECK((often | count()) == 1);
/// ```
inline constexpr detail::FilterFn filter{};

}  // namespace sluice::inline SLUICE_ABI
