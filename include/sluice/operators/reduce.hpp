#pragma once

#include <sluice/operators/unordered.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A reduction holds a T of its records: the record itself, or its owning twin.
template <class T, class R>
constexpr T keptAs(R&& record)
{
    if constexpr (std::is_same_v<T, std::remove_cvref_t<R>>) return static_cast<R&&>(record);
    else return own(static_cast<R&&>(record));
}

/// Combines views where owning twins are held: f is a function of two records.
template <class F, class V>
struct CombineViews {
    F const* f;

    template <class B>
    constexpr Owned<V> operator()(Owned<V> const& a, B const& b) const
    {
        return own((*f)(V(a), V(b)));
    }
};

/// Whether f takes two views V and answers one, or what its owning twin is made of.
template <class F, class V>
concept CombinesViews = holdOf<V>() == Hold::covered && std::convertible_to<Owned<V> const&, V> && requires(F& f, V v) {
    requires std::same_as<Owned<decltype(f(static_cast<V&&>(v), static_cast<V&&>(v)))>, Owned<V>>;
};

/// Takes one record and has enough: what a reduction begins with.
template <class T>
struct FirstSink {
    static constexpr bool one = true;
    std::optional<T> value;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        value.emplace(keptAs<T>(static_cast<R&&>(record)));
        return false;
    }
    [[nodiscard]] constexpr bool hasEnough() const { return value.has_value(); }
};

/// Folds with the question "is this the first?" in the loop, for what cannot be resumed behind the first record.
template <class F, class T>
struct ReduceSink {
    F const* f;
    Label const* label;
    std::optional<T> value;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        if (value) *value = combineIn(*label, *f, std::move(*value), static_cast<R&&>(record));
        else value.emplace(keptAs<T>(static_cast<R&&>(record)));
        return true;
    }
};

/// The reduction of one partition. The first record is taken out of the loop where it can be: the question would cost
/// thirteen times the time of a vectorised loop.
template <class T, class Up, class F>
constexpr std::optional<T> reducePartition(Up const& up, std::size_t p, F const& f, Label const& label)
{
    if (up.resumable()) {
        FirstSink<T> first;
        auto const from = up.each(p, 0, first);
        if (!first.value) return {};
        FoldSink<F, T> rest(&f, &label, *std::move(first.value));
        up.each(p, from, rest);
        return std::optional<T>{std::move(rest).value()};
    }
    ReduceSink<F, T> all{&f, &label, {}};
    up.each(p, 0, all);
    return std::move(all.value);
}

/// The reduction of a batch, as a T: the partitions' results meet in their order.
template <class T, class Up, class F>
constexpr std::optional<T> reduceTo(Up const& up, F const& f, Label const& label)
{
    return mergedParts(up, std::optional<T>{}, [&](std::size_t p) { return reducePartition<T>(up, p, f, label); }, Combining<F>{f, label});
}

/// The reduction of a batch, which outlives it.
template <class Up, class F>
constexpr std::optional<Owned<ValueOf<Up>>> reduceRecords(Up const& up, F const& f, Label const& label)
{
    using V = ValueOf<Up>;
    if constexpr (!CombinesViews<F const, V>) {
        return reduceTo<Owned<V>>(up, f, label);
    } else if constexpr (Up::stable && std::is_same_v<decltype(f(std::declval<V>(), std::declval<V>())), V>) {
        auto const view = reduceTo<V>(up, f, label);  // one that lies in the batch: only the last is copied
        return view ? std::optional<Owned<V>>{own(*view)} : std::nullopt;
    } else {
        return reduceTo<Owned<V>>(up, CombineViews<F, V>{&f}, label);
    }
}

/// What F is given of what it has combined so far.
template <class F>
struct ReducedBy {
    template <class Up>
    using In = std::conditional_t<CombinesViews<F, ValueOf<Up>>, ValueOf<Up>, Owned<ValueOf<Up>>>;
};

/// Behind Replaceable. A function of two views is one of their owning twins, too.
template <class F, template <class> class With>
struct Reduces : need::Combines<F, ReducedBy<F>::template In, With> {
    template <class Up>
    static constexpr bool holds =
        CombinesViews<F const, ValueOf<Up>> || CombinerOf<F const, typename ReducedBy<F>::template In<Up>, With<Up>>;
};

template <class F, bool anyOrder = false>
struct Reduce : ValueAction<Reduce<F, anyOrder>>,
                Needs<need::Ownable, need::Replaceable, Reduces<F, RecordOf>, Reduces<F, ReducedBy<F>::template In>, FillLanes<anyOrder>> {
    static constexpr char const* spelled = "reduce";
    static constexpr char const* ifEmpty = "sluice::reduce(f): the batch is empty, and nothing has no reduction; use fold(zero, f)";
    [[no_unique_address]] F f;

    constexpr Reduce(F fn, CallSite at) : ValueAction<Reduce>(at), f(std::move(fn)) {}

    template <class Up>
    constexpr auto valueOf(Up const& up) const
    {
        using T = ValueOf<Up>;
        if constexpr (anyOrder && !CombinesFromNeutral<F, T>) return foldUnordered<T>(up, static_cast<T const*>(nullptr), f, this->label);
        else return reduceRecords(up, f, this->label);
    }
};

struct ReduceFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return Reduce<F>{std::move(f), at};
    }
    template <class F>
    [[nodiscard]] constexpr auto operator()(Unordered, F f, CallSite at = CallSite::here()) const
    {
        return Reduce<F, true>{std::move(f), at};
    }
};

}  // namespace detail

/// All records combined by f, which must be associative: each partition is reduced in order, then the partitions'
/// results in their order.
///
/// Action. f takes two records as const and returns one. Integers combined by `std::plus`, `std::multiplies`, `std::bit_and`,
/// `std::bit_or` or `std::bit_xor` wrap where they do not fit; behind a filter these are faster than a function of one's own that
/// does the same. `reduce(unordered, f)` combines in lanes, which is faster where f waits for what it has made last: see `unordered`. A batch
/// without records: `InvalidArgument`. In a stream: a stream of one record a batch, in one partition; an empty batch gives no record, *no RDD*
/// stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | reduce(std::plus{})) == 6);
/// ```
inline constexpr detail::ReduceFn reduce{};

}  // namespace sluice::inline SLUICE_ABI
