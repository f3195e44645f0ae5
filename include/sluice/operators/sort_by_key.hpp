#pragma once

#include <sluice/stream/sort_exchange.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Ascending>
struct SortByKey : SortBase<SortByKey<Ascending>> {
    bool ascending;
    std::size_t partitions;  // 0: as many as before
    Label label;

    SortByKey(bool up, MaybePartitions n, CallSite at) : ascending(up), label{"sortByKey", at}
    {
        partitions = byOf(n, label).partitions;
    }

    template <class R>
    static auto const& key(R const& record)
    {
        return std::get<0>(record);
    }

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!isPair<ValueOf<Up>>) return false;
        else return isBool<Ascending> && isSortKey<std::remove_cv_t<typename ValueOf<Up>::first_type>> && listable<Up>;
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        using P = ValueOf<Up>;
        static_assert(isBool<Ascending>,
                      "sluice::sortByKey(ascending, partitions): ascending must be a bool; the number of partitions comes second");
        static_assert(isPair<P>, "sluice::sortByKey(): the records must be pairs of a key and a value");
        if constexpr (isPair<P>) {
            using K = std::remove_cv_t<typename P::first_type>;
            static_assert(!isPointer<K>,
                          "sluice::sortByKey(): the key must not be a pointer, whose address would be compared: use "
                          "std::string_view for text");
            static_assert(isPointer<K> || isSortKey<K>, "sluice::sortByKey(): the key must have an order: operator<");
            if constexpr (isSortKey<K>) {  // clang looks at all that stands in an ||
                static_assert(listable<Up> || mayNotKeep<Up>(),
                              "sluice::sortByKey(): the pairs must be copyable, and must not hold views, of a type that the library "
                              "cannot keep, into what was made on the way: map them to a type that owns");
            }
        }
    }
};

struct SortByKeyFn : OperatorFnBase {
    template <std::convertible_to<bool> Ascending = bool>
    [[nodiscard]] auto operator()(Ascending ascending = true, MaybePartitions partitions = {}, CallSite at = CallSite::here()) const
    {
        return SortByKey<Ascending>{static_cast<bool>(ascending), partitions, at};
    }
};

}  // namespace detail

/// Pairs in the order of their keys: `sortByKey()`, `sortByKey(false)` for falling order, `sortByKey(true, 4)`.
///
/// Wide, for pairs (K, V) whose keys are compared by `<`, with NaN behind all numbers. Result: partition by partition in
/// order, where pairs of one key are all in one partition, and stand there in the order of (partition, position); as many
/// partitions as before, or as are asked for, of about the same size. An empty batch gives empty partitions, *no RDD*
/// stays none.
///
/// ```cpp
/// auto const counts = rdd({std::pair{3, 'a'}, std::pair{1, 'b'}, std::pair{3, 'c'}});
/// CHECK((counts | sortByKey() | collect()) == std::vector{std::pair{1, 'b'}, std::pair{3, 'a'}, std::pair{3, 'c'}});
/// CHECK((counts | sortByKey(false) | collect())[0] == std::pair{3, 'a'});
/// ```
inline constexpr detail::SortByKeyFn sortByKey{};

}  // namespace sluice::inline SLUICE_ABI
