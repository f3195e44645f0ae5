#pragma once

#include <sluice/batch/rdd.hpp>

// map, filter, flatMap, keyBy, mapValues and flatMapValues call a function for each record. Such an operator Op<F> says
//
//   Part                        what f is called with, of which its needs are: WholeRecord, need::Calls<F>; ConstRecord,
//                               need::Calls<F, ConstRecordOf>; PairValue, need::Calls<F, SecondIn>
//   Pushed<R, Result>           what it pushes where f returns a Result for a record that comes as an R
//   lasts<Up, Result>           whether views in what it pushes stay valid for as long as the batch does: its `stable`
//   give(called, record, next)  makes that of called(), which is what f returns, and answers whether more are wanted
//   giveLines(begin, end, next) optional: as giving the lines of a text one after another, but at once (TakesLines in
//                               batch/text_scan.hpp)
//
// and has all else from RecordFunction. With dead letters it is OrLetter<Op<F>, T>: or_letter.hpp.

namespace sluice::inline SLUICE_ABI {

template <class T>
class DeadLetters;

namespace detail {

template <class Op, class T>
struct OrLetter;

struct WholeRecord {
    template <class R>
    using Argument = R;
    template <class R>
    static constexpr R&& argument(R&& record)
    {
        return static_cast<R&&>(record);
    }
};
/// It is still handed on.
struct ConstRecord {
    template <class R>
    using Argument = std::remove_cvref_t<R> const&;
    template <class R>
    static constexpr R const& argument(R const& record)
    {
        return record;
    }
};
struct PairValue {
    template <class R>
    using Argument = decltype(std::get<1>(std::declval<R>()));
    template <class R>
    static constexpr decltype(auto) argument(R&& record)
    {
        return std::get<1>(static_cast<R&&>(record));
    }
};

/// Whether a view that a function makes of an A, a record or a part of one, shows what lies in the batch: where the A lies there, or is
/// such a view itself.
template <class Up, class A = RecordOf<Up>>
inline constexpr bool looksIntoBatch = Up::stable && (Up::stored || isView<std::remove_cvref_t<A>>);

template <class Op, class Next>
struct FunctionStep {
    static constexpr bool oneForOne = requires { requires Op::oneForOne; };
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        auto const called = [&]() -> decltype(auto) { return callIn(op->label, op->f, Op::argument(static_cast<R&&>(record))); };
        return op->give(called, static_cast<R&&>(record), next);
    }

    Taken takeLines(char const* begin, char const* end)
        requires requires(Op const& of, Next& to) { of.giveLines(begin, end, to); }
    {
        return op->giveLines(begin, end, next);
    }
};

template <class Op, class F, class Part>
struct RecordFunction : NarrowBase, Part {
    [[no_unique_address]] F f;
    Label label;
    static constexpr bool resumable = true;

    constexpr RecordFunction(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{Op::spelled, at} {}

    /// What f returns for a record that comes as an R.
    template <class R>
    using ResultOf = CallResult<F, typename Part::template Argument<R>>;

    // A record that is made here does not lie in the batch, and one that f refers to is f's own affair.
    template <class Up, class O = Op>  // which is complete by then
    using Record = typename O::template Pushed<RecordOf<Up>, ResultOf<RecordOf<Up>>>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Op::template lasts<Up, ResultOf<RecordOf<Up>>>;

    template <class Next>
    constexpr auto before(Next next) const
    {
        return FunctionStep<Op, Next>{static_cast<Op const*>(this), static_cast<Next&&>(next)};
    }
};

/// `map(f)`, `map(f, letters)`.
template <template <class> class Op>
struct RecordFunctionMaker : FunctionMaker<Op> {
    using FunctionMaker<Op>::operator();
    template <class F, class T>
    [[nodiscard]] auto operator()(F f, DeadLetters<T> letters, CallSite at = CallSite::here()) const
    {
        return OrLetter<Op<F>, T>{{std::move(f), at}, std::move(letters)};
    }
};

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
