#pragma once

#include <sluice/operators/detail/best.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Less>
struct TakeOrdered : ActionBase {
    [[no_unique_address]] Less before;
    std::size_t wanted;
    Label label;

    constexpr TakeOrdered(std::size_t n, Less less, CallSite at) : before{static_cast<Less&&>(less)}, wanted(n), label{"takeOrdered", at} {}

    template <class Up>
    static constexpr bool accepts = canOrder<Up, Less>();

    template <class Up>
    static consteval void require()
    {
        using T = ValueOf<Up>;
        static_assert(mayOutlive<T>(),
                      "sluice::takeOrdered(n): the records must not be views of a type that the library cannot own: "
                      "map them to one that owns what it shows, or specialise sluice::OwnedAs");
        if constexpr (canOwn<T>) {
            static_assert(canReplaceRecord<RecordOf<Up>>,
                          "sluice::takeOrdered(n): the records must be copyable and assignable, to be kept beyond the batch");
        }
        if constexpr (canReplaceRecord<RecordOf<Up>>) {
            static_assert(!ordersOnlyMutable<Less, T>,
                          "sluice::takeOrdered(n, less): less is called as const, by several threads at once: no mutable lambda");
            if constexpr (std::is_same_v<Less, NaturalOrder>) {
                static_assert(orders<Less, T>,
                              "sluice::takeOrdered(n): the records must have an order: operator<, or takeOrdered(n, less)");
            } else if constexpr (ordersOwnedAlone<Less, T>) {
                static_assert(orders<Less, T>,
                              "sluice::takeOrdered(n, less): less must take text as std::string_view, not as std::string");
            } else {
                static_assert(orders<Less, T> || ordersOnlyMutable<Less, T>,
                              "sluice::takeOrdered(n, less): less must take two records, and return whether the first is less");
            }
            if constexpr (orders<Less, T>) {
                static_assert(showsAgain<T>,
                              "sluice::takeOrdered(n): the records must not hold views that cannot be made of what owns them: "
                              "map them to a type that owns");
            }
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::takeOrdered(n): must stand behind a batch; in a stream write foreachRDD(f), "
                      "and in f: batch | takeOrdered(n)");
    }

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        return bestRecords(up, wanted, before, label);
    }
};

struct TakeOrderedFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(std::size_t n, CallSite at = CallSite::here()) const
    {
        return TakeOrdered<NaturalOrder>{n, {}, at};
    }

    template <class Less>
        requires(!std::is_same_v<Less, CallSite>)
    [[nodiscard]] constexpr auto operator()(std::size_t n, Less less, CallSite at = CallSite::here()) const
    {
        return TakeOrdered<Less>{n, static_cast<Less&&>(less), at};
    }
};

}  // namespace detail

/// The n least records, the least one first, as an owning `std::vector`; all of them where there are fewer. Of `takeOrdered(n)` by
/// `<`, or of plain structs by their members, where NaN stands behind every number; of `takeOrdered(n, less)` by less. Equal ones stand
/// in the order of the batch. Each partition holds n records at a time, whatever the batch's size.
///
/// Action, on batches only: in a stream use `foreachRDD`. less takes two records as const, returns whether the first is
/// less, and must be a strict weak order; what it throws fails the batch, as a `StreamError`. An empty batch gives an
/// empty vector.
///
/// ```cpp
/// CHECK((rdd({5, 1, 4, 2}, 2) | takeOrdered(2)) == std::vector{1, 2});
/// ```
inline constexpr detail::TakeOrderedFn takeOrdered{};

}  // namespace sluice::inline SLUICE_ABI
