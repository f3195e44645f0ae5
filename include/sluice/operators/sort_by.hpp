#pragma once

#include <sluice/stream/sort_exchange.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class Ascending>
struct SortBy : SortBase<SortBy<F, Ascending>> {
    [[no_unique_address]] F f;
    bool ascending;
    std::size_t partitions;  // 0: as many as before
    Label label;

    SortBy(F fn, bool up, MaybePartitions n, CallSite at)
        : f(static_cast<F&&>(fn)), ascending(up), label{"sortBy", at}
    {
        partitions = byOf(n, label).partitions;
    }

    template <class R>
    decltype(auto) key(R const& record) const
    {
        return callIn(label, f, record);
    }

    template <class Up>
    static consteval bool fits()
    {
        using R = ValueOf<Up> const&;
        if constexpr (!CallableWith<F const, R> || !isBool<Ascending>) return false;
        else if constexpr (std::is_void_v<CallResult<F, R>>) return false;
        else return isSortKey<std::remove_cvref_t<CallResult<F, R>>> && listable<Up>;
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        using R = ValueOf<Up> const&;
        static_assert(isBool<Ascending>,
                      "sluice::sortBy(f, ascending, partitions): ascending must be a bool; the number of partitions comes third");
        static_assert(!onlyMutable<F, R>,
                      "sluice::sortBy(f): f is called as const, by several threads at once: no mutable lambda");
        if constexpr (takesOwnedAlone<F, R>()) {
            static_assert(takes<F, R>, "sluice::sortBy(f): f must take text as std::string_view, not as std::string");
        } else {
            static_assert(takes<F, R>,
                          "sluice::sortBy(f): f must take one record, or its members if it is a pair or tuple, by value or as "
                          "const&");
        }
        if constexpr (CallableWith<F const, R>) {
            static_assert(isValue<CallResult<F, R>>, "sluice::sortBy(f): f must return what is sorted by");
            if constexpr (isValue<CallResult<F, R>>) {
                using K = std::remove_cvref_t<CallResult<F, R>>;
                static_assert(!isPointer<K>,
                              "sluice::sortBy(f): f must not return a pointer, whose address would be compared: use "
                              "std::string_view for text");
                static_assert(isPointer<K> || isSortKey<K>, "sluice::sortBy(f): what f returns must have an order: operator<");
                if constexpr (isSortKey<K>) {  // clang looks at all that stands in an ||
                    static_assert(listable<Up> || mayNotKeep<Up>(),
                                  "sluice::sortBy(f): the records must be copyable and no bool, and must not hold views, of a type "
                                  "that the library cannot keep, into what was made on the way: map them to a type that owns");
                }
            }
        }
    }
};

struct SortByFn : OperatorFnBase {
    template <class F, std::convertible_to<bool> Ascending = bool>
    [[nodiscard]] auto operator()(F f, Ascending ascending = true, MaybePartitions partitions = {},
                                  CallSite at = CallSite::here()) const
    {
        return SortBy<F, Ascending>{static_cast<F&&>(f), static_cast<bool>(ascending), partitions, at};
    }
};

}  // namespace detail

/// The records in the order of f(record): `sortBy(f)`, `sortBy(f, false)` for falling order, `sortBy(f, true, 4)`.
///
/// Wide. f takes a record as const, is called once for each, and returns what is compared by `<`, with NaN behind all
/// numbers. Result: partition by partition in order, where records that f makes equal are all in one partition, and
/// stand there in the order of (partition, position), rising or falling; as many partitions as before, or as are asked
/// for, of about the same size. An empty batch gives empty partitions, *no RDD* stays none. What f or a comparison throws
/// fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const words = rdd({"to"sv, "be"sv, "or"sv, "not"sv, "to"sv}, 2);
/// CHECK((words | sortBy([](auto word) { return word; }) | collect()) ==
///       std::vector<std::string>{"be", "not", "or", "to", "to"});
/// CHECK((words | sortBy(&std::string_view::size, false) | collect())[0] == "not");
/// ```
inline constexpr detail::SortByFn sortBy{};

}  // namespace sluice::inline SLUICE_ABI
