#pragma once

#include <sluice/operators/group_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class By>
struct GroupBy : CombineBase<GroupBy<F, By>>, Grouping {
    static constexpr bool keyed = false;
    static constexpr bool makesKeys = true;
    [[no_unique_address]] F f;
    By by;
    Label label;

    GroupBy(F fn, By how, CallSite at) : f(static_cast<F&&>(fn)), by(static_cast<By&&>(how)), label{"groupBy", at} {}

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

    template <class R>
    using KeyOf = std::remove_cvref_t<CallResult<F, R const&>>;

    template <class R>
    static consteval bool makesKey()
    {
        if constexpr (!CallableWith<F const, R const&>) return false;
        else if constexpr (std::is_void_v<CallResult<F, R const&>>) return false;
        else return isKey<KeyOf<R>>();
    }

    /// Whether keys lie in the batch, or can be kept in an arena, together with the records.
    template <class Up>
    static consteval bool fits()
    {
        using R = ValueOf<Up>;
        if constexpr (!makesKey<R>()) return false;
        else return partitions<By, KeyOf<R>> && movable<Up> && canKeep<KeyOf<R>>();
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        using R = ValueOf<Up> const&;
        static_assert(!onlyMutable<F, R>,
                      "sluice::groupBy(f): f is called as const, by several threads at once: no mutable lambda");
        if constexpr (takesOwnedAlone<F, R>()) {
            static_assert(takes<F, R>, "sluice::groupBy(f): f must take text as std::string_view, not as std::string");
        } else {
            static_assert(takes<F, R>,
                          "sluice::groupBy(f): f must take one record, or its members if it is a pair or tuple, by value or as "
                          "const&");
        }
        if constexpr (CallableWith<F const, R>) {
            static_assert(isValue<CallResult<F, R>>, "sluice::groupBy(f): f must return a key");
            if constexpr (isValue<CallResult<F, R>>) {
                using K = KeyOf<ValueOf<Up>>;
                static_assert(!isPointer<K>,
                              "sluice::groupBy(f): the key must not be a pointer, whose address would be compared: use "
                              "std::string_view for text");
                static_assert(isPointer<K> || isHashable<K>,
                              "sluice::groupBy(f): the key must have a hash (std::hash and == of its own are not used): "
                              "specialise sluice::KeyMembers for its type");
                if constexpr (isHashable<K>) {
                    static_assert(partitions<By, K>,
                                  "sluice::groupBy(f, partitioner): the partitioner must answer partition(key) for the key, and "
                                  "compare by ==");
                    static_assert(!partitions<By, K> || accepts<Up>,
                                  "sluice::groupBy(f): the records must be copyable, and neither they nor the keys may hold views, "
                                  "of a type that the library cannot keep, into what was made on the way: map them to a type that owns");
                }
            }
        }
    }
};

struct GroupByFn : OperatorFnBase {
    template <class F, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(F f, P partitions = {}, CallSite at = CallSite::here()) const
    {
        return GroupBy<F, ByOf<P>>{static_cast<F&&>(f), byOf(static_cast<P&&>(partitions), {"groupBy", at}), at};
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
inline constexpr detail::GroupByFn groupBy{};

}  // namespace sluice::inline SLUICE_ABI
