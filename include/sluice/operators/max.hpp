#pragma once

#include <sluice/operators/detail/order.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Less>
struct Max : ActionBase {
    [[no_unique_address]] Foremost<Reversed<Less>> foremost;
    Label label;

    constexpr Max(Less less, CallSite at) : foremost{{static_cast<Less&&>(less)}}, label{"max", at} {}

    template <class Up>
    using Result = Owned<ValueOf<Up>>;

    template <class Up>
    static constexpr bool accepts = canOrder<Up, Less>();

    template <class Up>
    static consteval void require()
    {
        using T = ValueOf<Up>;
        static_assert(mayOutlive<T>(),
                      "sluice::max(): the records must not be views of a type that the library cannot own: "
                      "map them to one that owns what it shows, or specialise sluice::OwnedAs");
        if constexpr (canOwn<T>) {
            static_assert(canReplaceRecord<RecordOf<Up>>,
                          "sluice::max(): the records must be copyable and assignable, to be kept beyond the batch");
        }
        if constexpr (canReplaceRecord<RecordOf<Up>>) {
            static_assert(!ordersOnlyMutable<Less, T>,
                          "sluice::max(less): less is called as const, by several threads at once: no mutable lambda");
            if constexpr (std::is_same_v<Less, NaturalOrder>) {
                static_assert(orders<Less, T>, "sluice::max(): the records must have an order: operator<, or max(less)");
            } else if constexpr (ordersOwnedAlone<Less, T>) {
                static_assert(orders<Less, T>,
                              "sluice::max(less): less must take text as std::string_view, not as std::string");
            } else {
                static_assert(orders<Less, T> || ordersOnlyMutable<Less, T>,
                              "sluice::max(less): less must take two records, and return whether the first is less");
            }
            if constexpr (orders<Less, T>) {
                static_assert(showsAgain<T>,
                              "sluice::max(): the records must not hold views that cannot be made of what owns them: "
                              "map them to a type that owns");
            }
        }
    }

    static constexpr bool onNoRdd = true;

    template <class Up>
    constexpr std::optional<Result<Up>> runInStream(Up const& up) const
    {
        return reduceRecords(up, foremost, label);
    }

    template <class Up>
    constexpr Result<Up> run(Up const& up) const
    {
        auto record = runInStream(up);
        if (!record) throw InvalidArgument{"sluice::max(): the batch is empty"};
        return *std::move(record);
    }
};

struct MaxFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return Max<NaturalOrder>{{}, at}; }

    template <class Less>
        requires(!std::is_same_v<Less, CallSite>)
    [[nodiscard]] constexpr auto operator()(Less less, CallSite at = CallSite::here()) const
    {
        return Max<Less>{static_cast<Less&&>(less), at};
    }
};

}  // namespace detail

/// The greatest record: of `max()` by `<`, or of plain structs by their members, where NaN stands behind every number; of
/// `max(less)` by less. Of equal ones it is the first. It is owned, so that it may outlive the batch: text comes as `std::string`.
///
/// Action. less takes two records as const, returns whether the first is less, and must be a strict weak order. A batch
/// without records: `InvalidArgument`. In a stream: a stream of one record a batch, in one partition; an empty batch
/// gives no record, *no RDD* stays none. What less throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// CHECK((rdd({2, 3, 1}) | max()) == 3);
/// CHECK((rdd({"to"s, "not"s, "or"s}) | max([](auto const& a, auto const& b) { return a.size() < b.size(); })) == "not");
/// ```
inline constexpr detail::MaxFn max{};

}  // namespace sluice::inline SLUICE_ABI
