#pragma once

#include <sluice/batch/rdd.hpp>

#include <iterator>

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
inline constexpr bool elementsLast = std::is_lvalue_reference_v<R> || std::is_reference_v<ElementOf<R>> ||
                                     std::ranges::enable_borrowed_range<std::remove_cvref_t<R>>;

template <class F, class R>
concept ExpanderOf = CallableWith<F const, R> && Expansion<CallResult<F, R>>;

/// Hands what op's function makes of a record to next, one by one.
template <class Op, class R, class Next>
constexpr bool expand(Op const& op, R&& record, Next& next)
{
    using Result = CallResult<typename Op::Function, R&&>;
    Result&& result = callIn(op.label, op.f, static_cast<R&&>(record));
    if constexpr (OptionalOf<std::remove_cvref_t<Result>>::value) {
        return !result || next(*static_cast<Result&&>(result));
    } else {
        try {
            auto const end = std::end(result);
            for (auto i = std::begin(result); i != end; ++i) {
                if (!next(static_cast<ElementOf<Result>>(*i))) return false;
            }
            return true;
        } catch (...) {
            failIn(op.label);  // a lazy range calls f's functions only here; what stands behind has named its own
        }
    }
}

template <class Op, class Next>
struct FlatMapStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        return expand(*op, static_cast<R&&>(record), next);
    }
};

template <class F>
struct FlatMap : NarrowBase {
    using Function = F;
    [[no_unique_address]] F f;
    Label label;
    static constexpr bool resumable = false;  // a position inside of a record's expansion has no name

    constexpr FlatMap(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"flatMap", at} {}

    template <class Up>
    using Record = ElementOf<CallResult<F, RecordOf<Up>>>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Up::stable && (Up::stored || isView<ValueOf<Up>>) &&
                                   elementsLast<CallResult<F, RecordOf<Up>>> &&
                                   !(movesOut<CallResult<F, RecordOf<Up>>> && !canOwn<ElementOf<CallResult<F, RecordOf<Up>>>>);

    template <class Up>
    static constexpr bool accepts = ExpanderOf<F, RecordOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        using R = RecordOf<Up>;
        static_assert(!onlyMutable<F, R>,
                      "sluice::flatMap(f): f is called as const, by several threads at once: no mutable lambda");
        if constexpr (takesOwnedAlone<F, R>()) {
            static_assert(takes<F, R>, "sluice::flatMap(f): f must take text as std::string_view, not as std::string");
        } else if constexpr (requires(F const& g) { requires ExpanderOf<decltype(g()), R>; }) {
            static_assert(takes<F, R>, "sluice::flatMap(f): f must stand there with its call: split(), not split");
        } else {
            static_assert(takes<F, R>, "sluice::flatMap(f): f must take one record, by value or as const&");
        }
        if constexpr (CallableWith<F const, R>) {
            static_assert(isExpansion<CallResult<F, R>>,
                          "sluice::flatMap(f): f must return a range of records, or an optional one");
        }
    }

    template <class Next>
    constexpr auto before(Next next) const
    {
        return FlatMapStep<FlatMap, Next>{this, static_cast<Next&&>(next)};
    }
};

struct FlatMapFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return FlatMap<F>{static_cast<F&&>(f), at};
    }
};

}  // namespace detail

/// Turn every record into none, one or several.
///
/// Narrow. f takes a record, or the members of a pair or tuple, as const, and returns a range (a container, a view) or
/// a `std::optional`. The order of records is kept. An empty batch stays empty, *no RDD* stays none. What f throws
/// fails the batch, as a `StreamError` that names this operator.
///
/// ```cpp
/// auto tokens = rdd({std::string_view{"to be"}, std::string_view{"or not"}}) | flatMap(split());
/// CHECK((tokens | collect()) == std::vector<std::string>{"to", "be", "or", "not"});
/// ```
inline constexpr detail::FlatMapFn flatMap{};

}  // namespace sluice::inline SLUICE_ABI
