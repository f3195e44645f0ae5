#pragma once

#include <sluice/operators/group_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Whether keys lie in the batch, or can be kept in an arena, together with the records.
template <template <class> class KeyIn>
struct KeepsKey {
    template <class Up>
    static constexpr bool holds = canKeep<KeyIn<Up>>();

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::groupBy(f): the key must not be a view of a type that the library cannot keep: return one that "
                      "owns");
    }
};

template <class F, class By>
struct GroupBy : CombineBase<GroupBy<F, By>>,
                 Grouping,
                 Needs<need::Calls<F, ConstRecordOf>, need::ReturnsValue<F, ConstRecordOf>, need::Hashed<KeyMadeBy<F>::template In>,
                       need::Placed<By, KeyMadeBy<F>::template In>, need::Movable, KeepsKey<KeyMadeBy<F>::template In>> {
    static constexpr char const* spelled = "groupBy";
    static constexpr bool keyed = false;
    static constexpr bool makesKeys = true;
    [[no_unique_address]] F f;
    By by;
    Label label;

    constexpr GroupBy(F fn, By how, CallSite at) : f(std::move(fn)), by(std::move(how)), label{spelled, at} {}

    template <class R>
    decltype(auto) key(R const& record) const
    {
        return callIn(label, f, record);
    }
    template <class R>
    static R&& value(R&& record)
    {
        return static_cast<R&&>(record);
    }
};

}  // namespace detail

/// All records of which f makes the same key: `groupBy(f)`, `groupBy(f, 4)`, `groupBy(f, partitioner)`.
///
/// Wide. f takes a record T as const and returns a key, K; it is called once for each record. Result: pairs (K,
/// `std::vector<T>`), each key once, in the order of first occurrence, its records in the order of partitions and
/// positions; partitions as in `reduceByKey`. An empty batch gives an empty one, *no RDD* stays none. What f throws fails
/// the batch, as a `StreamError`.
///
/// ```cpp
/// auto const out = rdd({1, 2, 3, 4, 5}) | groupBy([](int x) { return x % 2; }) | collect();
/// CHECK(out == std::vector{std::pair{1, std::vector{1, 3, 5}}, std::pair{0, std::vector{2, 4}}});
/// ```
inline constexpr detail::FunctionByKeyMaker<detail::GroupBy> groupBy{};

}  // namespace sluice::inline SLUICE_ABI
