#pragma once

#include <sluice/batch/rdd.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The partitions that have records, each from zero on by f, and their results, from zero on by g.
template <class Up, class Z, class F, class G>
constexpr Z foldRecords(Up const& up, Z const& zero, F const& f, G const& g, Label const& label)
{
    PerPartition<std::optional<Z>> parts{up.partitions()};
    forPartitions(up, [&](std::size_t p) {
        FoldSink<F, Z> sink{&f, &label, zero};
        up.each(p, 0, sink);
        parts[p].emplace(std::move(sink.value));
    });
    Z all = zero;
    for (std::size_t p = 0; p < parts.size(); ++p) {
        if (parts[p]) all = combineIn(label, g, std::move(all), *std::move(parts[p]));
    }
    return all;
}

/// Whether a Z that is made of the records shows nothing of them, which are gone when it leaves the batch: it owns, or may be a view,
/// but they are numbers.
template <class Up, class Z>
inline constexpr bool outlivesRecords =
    holdOf<Z>() == Hold::owns || (mayBeView<typename Culprit<Z>::type> && std::is_arithmetic_v<ValueOf<Up>>);

// Why not: as mayOutlive.
template <class Up, class Z>
consteval bool mayOutliveRecords()
{
    if constexpr (outlivesRecords<Up, Z> || holdOf<Z>() == Hold::covered) return outlivesRecords<Up, Z>;
    else return mayOutlive<Z>();
}

template <class Z, class F>
struct Fold : ActionBase {
    Z zero;
    [[no_unique_address]] F f;
    Label label;

    constexpr Fold(Z z, F fn, CallSite at)
        : zero(static_cast<Z&&>(z)), f(static_cast<F&&>(fn)), label{"fold", at}
    {
    }

    template <class Up>
    using Result = Z;

    template <class Up>
    static constexpr bool accepts = CombinerOf<F const, Z, RecordOf<Up>> && CombinerOf<F const, Z, Z> &&
                                    outlivesRecords<Up, Z>;

    template <class Up>
    static consteval void require()
    {
        using R = RecordOf<Up>;
        static_assert(!combinesOnlyMutable<F, Z, R>,
                      "sluice::fold(zero, f): f is called as const, by several threads at once: no mutable lambda");
        if constexpr (combinesOwnedAlone<F, Z, R>()) {
            static_assert(combines<F, Z, R>,
                          "sluice::fold(zero, f): f must take text as std::string_view, not as std::string");
        } else {
            static_assert(combines<F, Z, R>,
                          "sluice::fold(zero, f): f must take a result and a record, and return a "
                          "result of the type of zero, which can be assigned to");
        }
        if constexpr (CombinerOf<F const, Z, R>) {
            static_assert(combines<F const, Z, Z>, "sluice::fold(zero, f): f must also combine two results");
            static_assert(mayOutliveRecords<Up, Z>(),
                          "sluice::fold(zero, f): zero must own what f makes, as the result outlives the records: "
                          "begin with a std::string, not with a view");
        }
    }

    static constexpr bool onNoRdd = true;

    template <class Up>
    constexpr Z run(Up const& up) const
    {
        return foldRecords(up, zero, f, f, label);
    }

    template <class Up>
    constexpr std::optional<Z> runInStream(Up const& up) const
    {
        return run(up);
    }
};

struct FoldFn : OperatorFnBase {
    template <class Z, class F>
    [[nodiscard]] constexpr auto operator()(Z zero, F f, CallSite at = CallSite::here()) const
    {
        return Fold<Z, F>{static_cast<Z&&>(zero), static_cast<F&&>(f), at};
    }
};

}  // namespace detail

/// All records combined by f, beginning with zero: once in each partition that has records and once where the
/// partitions' results meet, in their order. So zero must be neutral, and f associative.
///
/// Action. f takes (result, record), and two results, as const. zero must own what it shows: the result outlives the
/// records. An empty batch gives zero. In a stream: a stream of one result a batch, in one partition; *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | fold(0, std::plus{})) == 6);
/// CHECK((rdd(std::vector<int>{}) | fold(0, std::plus{})) == 0);
/// ```
inline constexpr detail::FoldFn fold{};

}  // namespace sluice::inline SLUICE_ABI
