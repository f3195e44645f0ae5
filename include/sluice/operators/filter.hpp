#pragma once

#include <sluice/batch/text_scan.hpp>
#include <sluice/operators/detail/record_function.hpp>

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

template <class F>
struct Filter : RecordFunction<Filter<F>, F, ConstRecord>, Needs<need::Calls<F, ConstRecordOf>, AnswersBool<F>> {
    using Filter::RecordFunction::RecordFunction;
    static constexpr char const* spelled = "filter";
    static constexpr bool keepsKeys = true;

    template <class R, class Result>
    using Pushed = R;
    template <class Up>
    static constexpr bool stored = Up::stored;
    template <class Up, class Result>
    static constexpr bool lasts = Up::stable;

    template <class Called, class R, class Next>
    static constexpr bool give(Called const& called, R&& record, Next& next)
    {
        auto const keep = static_cast<AnswerOf<std::remove_cvref_t<R>>>(static_cast<bool>(called()));
        if constexpr (requires { next.pushIf(static_cast<R&&>(record), keep != 0); }) {
            return next.pushIf(static_cast<R&&>(record), keep != 0);
        } else {
            if (keep != 0) return next(static_cast<R&&>(record));
            return true;
        }
    }

    /// Of a text of lines, by a predicate that finds in it the lines for which it answers true.
    template <class Next>
    Taken giveLines(char const* begin, char const* end, Next& next) const
        requires requires(F const& f) { f.linesWith(); }
    {
        return pushCutLines(begin, end, this->f.linesWith(), next);
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
inline constexpr detail::RecordFunctionMaker<detail::Filter> filter{};

}  // namespace sluice::inline SLUICE_ABI
