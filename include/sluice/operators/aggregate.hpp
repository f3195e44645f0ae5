#pragma once

#include <sluice/operators/fold.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Z, class Seq, class Comb>
struct Aggregate : ValueAction<Aggregate<Z, Seq, Comb>>, Zero<Z>::template Asks<Seq, Comb> {
    static constexpr char const* spelled = "aggregate";
    Z zero;
    [[no_unique_address]] Seq seqOp;
    [[no_unique_address]] Comb combOp;

    constexpr Aggregate(Z z, Seq seq, Comb comb, CallSite at)
        : ValueAction<Aggregate>(at), zero(std::move(z)), seqOp(std::move(seq)), combOp(std::move(comb))
    {
    }

    template <class Up>
    constexpr Z valueOf(Up const& up) const
    {
        return foldRecords(up, zero, seqOp, combOp, this->label);
    }
};

struct AggregateFn : OperatorFnBase {
    template <class Z, class Seq, class Comb>
    [[nodiscard]] constexpr auto operator()(Z zero, Seq seqOp, Comb combOp, CallSite at = CallSite::here()) const
    {
        return Aggregate<Z, Seq, Comb>{std::move(zero), std::move(seqOp), std::move(combOp), at};
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
