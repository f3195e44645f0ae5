#pragma once

#include <sluice/operators/fold.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Z, class Seq, class Comb>
struct Aggregate : ActionBase {
    Z zero;
    [[no_unique_address]] Seq seqOp;
    [[no_unique_address]] Comb combOp;
    Label label;

    constexpr Aggregate(Z z, Seq seq, Comb comb, CallSite at)
        : zero(static_cast<Z&&>(z)), seqOp(static_cast<Seq&&>(seq)), combOp(static_cast<Comb&&>(comb)), label{"aggregate", at}
    {
    }

    template <class Up>
    using Result = Z;

    template <class Up>
    static constexpr bool accepts = std::is_copy_constructible_v<Z> && outlivesRecords<Up, Z> && CombinerOf<Seq const, Z, RecordOf<Up>> &&
                                    CombinerOf<Comb const, Z, Z>;

    template <class Up>
    static consteval void require()
    {
        using R = RecordOf<Up>;
        static_assert(std::is_copy_constructible_v<Z>,
                      "sluice::aggregate(zero, seqOp, combOp): zero must be copyable: each partition begins with one");
        if constexpr (std::is_copy_constructible_v<Z>) {
            static_assert(!combinesOnlyMutable<Seq, Z, R>,
                          "sluice::aggregate(zero, seqOp, combOp): seqOp is called as const, by several threads at once: "
                          "no mutable lambda");
            if constexpr (combinesOwnedAlone<Seq, Z, R>()) {
                static_assert(combines<Seq, Z, R>,
                              "sluice::aggregate(zero, seqOp, combOp): seqOp must take text as std::string_view, not as std::string");
            } else {
                static_assert(combines<Seq, Z, R>,
                              "sluice::aggregate(zero, seqOp, combOp): seqOp must take a result and a record, and return a "
                              "result of the type of zero, which can be assigned to");
            }
            if constexpr (CombinerOf<Seq const, Z, R>) {
                static_assert(!combinesOnlyMutable<Comb, Z, Z>,
                              "sluice::aggregate(zero, seqOp, combOp): combOp is called as const: no mutable lambda");
                static_assert(combines<Comb, Z, Z>,
                              "sluice::aggregate(zero, seqOp, combOp): combOp must take two results, and return one");
                static_assert(mayOutliveRecords<Up, Z>(),
                              "sluice::aggregate(zero, seqOp, combOp): zero must own what the functions make, as the result "
                              "outlives the records: begin with a std::string, not with a view");
            }
        }
    }

    static constexpr bool onNoRdd = true;

    template <class Up>
    constexpr Z run(Up const& up) const
    {
        return foldRecords(up, zero, seqOp, combOp, label);
    }

    template <class Up>
    constexpr std::optional<Z> runInStream(Up const& up) const
    {
        return run(up);
    }
};

struct AggregateFn : OperatorFnBase {
    template <class Z, class Seq, class Comb>
    [[nodiscard]] constexpr auto operator()(Z zero, Seq seqOp, Comb combOp, CallSite at = CallSite::here()) const
    {
        return Aggregate<Z, Seq, Comb>{static_cast<Z&&>(zero), static_cast<Seq&&>(seqOp), static_cast<Comb&&>(combOp), at};
    }
};

}  // namespace detail

/// A result of another type than the records: `aggregate(zero, seqOp, combOp)`. seqOp adds a record to a result, in the
/// order of the partition; combOp combines the partitions' results, in theirs. Both begin with zero, which must be
/// neutral to combOp, and own what it shows: the result outlives the records.
///
/// Action. seqOp takes (result, record), combOp two results, as const; both return a result. An empty batch gives zero. In
/// a stream: a stream of one result a batch, in one partition; *no RDD* stays none. What a function throws fails the
/// batch, as a `StreamError`.
///
/// ```cpp
/// auto const longest = aggregate(
///     std::size_t{0}, [](std::size_t n, std::string_view word) { return n < word.size() ? word.size() : n; },
///     [](std::size_t a, std::size_t b) { return a < b ? b : a; });
/// CHECK((rdd({"to"s, "be"s, "not"s}, 2) | longest) == 3);
/// ```
inline constexpr detail::AggregateFn aggregate{};

}  // namespace sluice::inline SLUICE_ABI
