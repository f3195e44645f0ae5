#pragma once

#include <sluice/operators/detail/record_function.hpp>

#include <iterator>

// One file although it is long: what f may return, shape by shape, and what becomes of each.

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class R>
concept Iterable = requires(R& r) { std::begin(r) != std::end(r); };

/// What flatMap may return: a range, or an optional (none or one record).
template <class R>
concept Expansion = Iterable<std::remove_reference_t<R>> || OptionalOf<std::remove_cvref_t<R>>::value;
template <class R>
inline constexpr bool isExpansion = Expansion<R>;

/// What stands in a container that is handed over may be moved from; what a view shows may not.
template <class R>
inline constexpr bool movesOut = !std::is_reference_v<R> && !isView<R> && !std::is_const_v<R>;

template <class R>
constexpr auto elementOf()
{
    if constexpr (OptionalOf<std::remove_cvref_t<R>>::value) {
        return std::type_identity<decltype(*std::declval<R>())>{};
    } else {
        using Iterator = decltype(std::begin(std::declval<std::remove_reference_t<R>&>()));
        using Reference = decltype(*std::declval<Iterator&>());
        if constexpr (movesOut<R> && std::is_lvalue_reference_v<Reference>) {
            return std::type_identity<std::remove_reference_t<Reference>&&>{};
        } else if constexpr (!std::is_reference_v<Reference> && requires { typename std::iter_value_t<Iterator>; }) {
            return std::type_identity<std::iter_value_t<Iterator>>{};  // not the proxy of a vector<bool>
        } else {
            return std::type_identity<Reference>{};
        }
    }
}
template <class R>
using ElementOf = typename decltype(elementOf<R>())::type;

/// Whether the elements of an expansion lie elsewhere, or are there before they are asked for. What is made while a
/// range is run through may look at bytes of the range itself.
template <class R>
inline constexpr bool elementsLast =
    std::is_lvalue_reference_v<R> || std::is_reference_v<ElementOf<R>> || std::ranges::enable_borrowed_range<std::remove_cvref_t<R>>;

/// As looksIntoBatch, of the views among the elements of a Result, which the function has made of an A.
template <class Up, class A, class Result>
inline constexpr bool expandsIntoBatch = looksIntoBatch<Up, A> && elementsLast<Result> && !(movesOut<Result> && !canOwn<ElementOf<Result>>);

/// Hands what a function answered, a Result, to next, one by one.
template <class Result, class Next>
constexpr bool pushExpansion(Label const& label, Result&& result, Next& next)
{
    if constexpr (OptionalOf<std::remove_cvref_t<Result>>::value) {
        return !result || next(*static_cast<Result&&>(result));
    } else if constexpr (std::is_base_of_v<PushingRange, std::remove_cvref_t<Result>>) {
        return result.forEach(next);
    } else {
        try {
            auto const end = std::end(result);
            for (auto i = std::begin(result); i != end; ++i) {
                if (!next(static_cast<ElementOf<Result>>(*i))) return false;
            }
            return true;
        } catch (...) {
            failIn(label);  // a lazy range calls f's functions only here; what stands behind has named its own
        }
    }
}

/// Where an emitting function emits to while it is asked whether it can be called.
struct AnySink {
    template <class U>
    constexpr bool operator()(U&&) const
    {
        return true;
    }
};

template <class X, class U>
inline constexpr bool isEmittedAs = std::convertible_to<X, U>;

/// What an emitting function is given: it takes records of type U, and answers whether more are wanted. What is emitted
/// after that goes nowhere. It is light, and may be copied while the function runs.
template <class U, class Next>
class Emitter {
public:
    constexpr Emitter(Next& next, bool& more) : next_(&next), more_(&more) {}

    constexpr bool operator()(U record) const
    {
        if (*more_) *more_ = (*next_)(static_cast<U&&>(record));
        return *more_;
    }

    template <class X>
        requires(!isEmittedAs<X, U>)
    constexpr bool operator()(X&&) const
    {
        if constexpr (!std::is_same_v<Next, AnySink>) {  // said once
            static_assert(isEmittedAs<X, U>, "sluice::flatMap<U>(f): f must emit records of type U");
        }
        return false;
    }

private:
    Next* next_;
    bool* more_;
};

/// f behind whose arguments the emitter stands: called like any other function, with a record or its members.
template <class F, class Emit>
struct Emitting {
    F& f;
    Emit& emit;

    template <class... As>
    constexpr auto operator()(As&&... as) const -> decltype(static_cast<void>(f(static_cast<As&&>(as)..., emit)))
    {
        f(static_cast<As&&>(as)..., emit);
    }
};

template <class F, class Emit, class R>
inline constexpr bool emitsTo = CallableWith<Emitting<F, Emit> const, R>;
template <class F, class U, class R>
inline constexpr bool emits = emitsTo<F, Emitter<U, AnySink>, R>;

// Two mistakes that are told before need::Calls says that f must take a record.
template <class F, class R>
concept StandsWithItsCall = CallableWith<F const, R> || !requires(F const& f) { requires Expansion<CallResult<decltype(f()), R>>; };
template <class F, class R>
concept EmitsWithType = CallableWith<F const, R> || CallableWith<F, R> || !emitsTo<F, AnySink, R>;

template <class F>
struct MakesWhatItReturns {
    template <class Up>
    static constexpr bool holds = StandsWithItsCall<F, RecordOf<Up>> && EmitsWithType<F, RecordOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (!StandsWithItsCall<F, RecordOf<Up>>) {
            static_assert(holds<Up>, "sluice::flatMap(f): f must stand there with its call: split(), not split");
        } else {
            static_assert(holds<Up>,
                          "sluice::flatMap(f): f must return what it makes; where it emits that, the type must be given: "
                          "flatMap<U>(f)");
        }
    }
};

/// Behind need::Calls.
template <class F, template <class> class Argument = RecordOf>
struct Expands {
    template <class Up>
    static constexpr bool holds = isExpansion<CallResult<F, Argument<Up>>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the function must return a range of records or values, or an optional one");
    }
};

/// A function that makes of a text of lines what it makes of them one after another.
template <class F>
concept ReadsAcrossLines = F::acrossLines;

template <class F>
struct FlatMap : RecordFunction<FlatMap<F>, F, WholeRecord>, Needs<MakesWhatItReturns<F>, need::Calls<F>, Expands<F>> {
    using FlatMap::RecordFunction::RecordFunction;
    static constexpr char const* spelled = "flatMap";
    static constexpr bool resumable = false;  // a position inside of a record's expansion has no name

    template <class R, class Result>
    using Pushed = ElementOf<Result>;
    template <class Up, class Result>
    static constexpr bool lasts = expandsIntoBatch<Up, RecordOf<Up>, Result>;

    template <class Called, class R, class Next>
    constexpr bool give(Called const& called, R&&, Next& next) const
    {
        return pushExpansion<decltype(called())>(this->label, called(), next);
    }

    template <class Next>
        requires ReadsAcrossLines<F>
    Taken giveLines(char const* begin, char const* end, Next& next) const
    {
        auto const size = static_cast<std::size_t>(end - begin);
        return {size, pushExpansion<CallResult<F, std::string_view>>(this->label, this->f(std::string_view{begin, size}), next)};
    }
};

template <class Op, class Next>
struct EmitStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        bool more = true;
        Emitter<typename Op::Emitted, Next> emit{next, more};
        callIn(op->label, Emitting<decltype(op->f) const, decltype(emit)>{op->f, emit}, static_cast<R&&>(record));
        return more;
    }
};

template <class U>
inline constexpr bool isRecordType = std::is_object_v<U> && std::is_same_v<U, std::remove_cv_t<U>>;
template <class U, class F>
struct CallsToEmit {
    template <class Up>
    static consteval bool takes()
    {
        if constexpr (!isRecordType<U>) return false;
        else return emits<F const, U, RecordOf<Up>>;
    }
    template <class Up>
    static constexpr bool holds = takes<Up>();

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (!isRecordType<U>) {
            static_assert(holds<Up>, "sluice::flatMap<U>(f): U must be the type of the records that f emits: no reference, not const");
        } else if constexpr (emits<F, U, RecordOf<Up>>) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else {
            static_assert(holds<Up>,
                          "sluice::flatMap<U>(f): f must take one record, text as std::string_view, and what it emits to: "
                          "f(record, emit)");
        }
    }
};

template <class U, class F>
struct EmittingFlatMap : RecordFunction<EmittingFlatMap<U, F>, F, WholeRecord>, Needs<CallsToEmit<U, F>> {
    using EmittingFlatMap::RecordFunction::RecordFunction;
    using Emitted = U;
    static constexpr char const* spelled = "flatMap";
    static constexpr bool resumable = false;

    template <class Up>
    using Record = U;
    template <class Up>
    static constexpr bool stable = holdOf<U>() == Hold::owns;  // f may emit views into variables of its own

    template <class Next>
    constexpr auto before(Next next) const
    {
        return EmitStep<EmittingFlatMap, Next>{this, static_cast<Next&&>(next)};
    }
};

}  // namespace detail

/// Turn every record into none, one or several: `flatMap(f)`, or `flatMap<U>(f)` where f emits them.
///
/// Narrow. f takes a record, or the members of a pair or tuple, as const.
///
/// - `flatMap(f)`: f returns a range (a container, a view) or a `std::optional`.
/// - `flatMap<U>(f)`: f(record, emit) calls `emit(x)` for each record x, a U, that it makes; without a container. `emit`
///   answers whether more are wanted: f may stop then, what it emits nevertheless goes nowhere. What f returns is not
///   looked at. A view that is emitted needs to last no longer than its `emit`.
///
/// The order of records is kept. An empty batch stays empty, *no RDD* stays none. What f throws fails the batch, as a
/// `StreamError` that names this operator; with `flatMap(f, letters)` its record goes to the `deadLetters`, and the others on.
///
/// ```cpp
/// auto tokens = rdd({std::string_view{"to be"}, std::string_view{"or not"}}) | flatMap(split());
/// CHECK((tokens | collect()) == std::vector<std::string>{"to", "be", "or", "not"});
///
/// auto neighbours = rdd({1, 5}) | flatMap<int>([](int x, auto&& emit) {
///     emit(x - 1);
///     emit(x + 1);
/// });
/// CHECK((neighbours | collect()) == std::vector{0, 2, 4, 6});
/// ```
template <class F>
[[nodiscard]] constexpr auto flatMap(F f, CallSite at = CallSite::here())
{
    return detail::FlatMap<F>{static_cast<F&&>(f), at};
}
template <class U, class F>
[[nodiscard]] constexpr auto flatMap(F f, CallSite at = CallSite::here())
{
    return detail::EmittingFlatMap<U, F>{static_cast<F&&>(f), at};
}
template <class F, class T>
[[nodiscard]] auto flatMap(F f, DeadLetters<T> letters, CallSite at = CallSite::here())
{
    return detail::RecordFunctionMaker<detail::FlatMap>{}(std::move(f), std::move(letters), at);
}
detail::Uncalled flatMap(detail::Uncalled);  // never defined: what `| flatMap` without its call is understood as

}  // namespace sluice::inline SLUICE_ABI
