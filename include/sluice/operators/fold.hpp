#pragma once

#include <sluice/operators/unordered.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The partitions that have records, each from zero on by f, and their results, from zero on by g.
template <class Up, class Z, class F, class G>
constexpr Z foldRecords(Up const& up, Z const& zero, F const& f, G const& g, Label const& label)
{
    auto const fold = [&](std::size_t p) {
        FoldSink<F, Z> sink(&f, &label, zero);
        up.each(p, 0, sink);
        return std::optional<Z>{std::in_place, std::move(sink).value()};
    };
    return *mergedParts(up, std::optional<Z>{std::in_place, zero}, fold, Combining<G>{g, label});
}

/// Whether a Z that is made of the records shows nothing of them, which are gone when it leaves the batch: it owns, or may be a view,
/// but they are numbers.
template <class Up, class Z>
inline constexpr bool outlivesRecords =
    holdOf<Z>() == Hold::owns || (mayBeView<typename Culprit<Z>::type> && std::is_arithmetic_v<ValueOf<Up>>);

// Whether it does, or why not has been said: as mayOutlive.
template <class Up, class Z>
consteval bool mayOutliveRecords()
{
    if constexpr (outlivesRecords<Up, Z> || holdOf<Z>() == Hold::covered) return outlivesRecords<Up, Z>;
    else return mayOutlive<Z>();
}

template <class Z>
struct CopyableZero {
    template <class Up>
    static constexpr bool holds = std::is_copy_constructible_v<Z>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: zero must be copyable: each partition begins with one");
    }
};

template <class Z>
struct OwningZero {
    template <class Up>
    static constexpr bool holds = outlivesRecords<Up, Z>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(mayOutliveRecords<Up, Z>(),
                      "sluice: zero must own what the functions make, as the result outlives the records: "
                      "begin with a std::string, not with a view");
    }
};

/// What fold and aggregate ask of zero, of F, which adds a record to a result, and of G, which combines two of these.
template <class Z>
struct Zero {
    template <class Up>
    using In = Z;

    template <class F, class G>
    using Asks = Needs<CopyableZero<Z>, need::Combines<F, In, RecordOf>, need::Combines<G, In>, OwningZero<Z>>;
};

template <class Z, class F, bool anyOrder = false>
struct Fold : ValueAction<Fold<Z, F, anyOrder>>, Zero<Z>::template Asks<F, F>::template And<FillLanes<anyOrder, Z>> {
    static constexpr char const* spelled = "fold";
    Z zero;
    [[no_unique_address]] F f;

    constexpr Fold(Z z, F fn, CallSite at) : ValueAction<Fold>(at), zero(std::move(z)), f(std::move(fn)) {}

    template <class Up>
    constexpr Z valueOf(Up const& up) const
    {
        if constexpr (anyOrder && !CombinesFromNeutral<F, Z>) return *foldUnordered<Z>(up, &zero, f, this->label);
        else return foldRecords(up, zero, f, f, this->label);
    }
};

struct FoldFn : OperatorFnBase {
    template <class Z, class F>
    [[nodiscard]] constexpr auto operator()(Z zero, F f, CallSite at = CallSite::here()) const
    {
        return Fold<Z, F>{std::move(zero), std::move(f), at};
    }
    template <class Z, class F>
    [[nodiscard]] constexpr auto operator()(Unordered, Z zero, F f, CallSite at = CallSite::here()) const
    {
        return Fold<Z, F, true>{std::move(zero), std::move(f), at};
    }
};

}  // namespace detail

/// All records combined by f, beginning with zero: once in each partition that has records and once where the
/// partitions' results meet, in their order. So zero must be neutral, and f associative.
///
/// Action. f takes (result, record), and two results, as const. zero must own what it shows: the result outlives the
/// records. Integers by `std::plus` and its like: as in `reduce`. `fold(unordered, zero, f)`
/// combines in lanes, which is faster, and zero comes to each: see `unordered`. An empty batch gives zero. In a stream: a stream of one
/// result a batch, in one partition; *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | fold(0, std::plus{})) == 6);
/// CHECK((rdd(std::vector<int>{}) | fold(0, std::plus{})) == 0);
/// ```
inline constexpr detail::FoldFn fold{};

}  // namespace sluice::inline SLUICE_ABI
