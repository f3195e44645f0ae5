#pragma once

#include <sluice/operators/collect.hpp>

#include <map>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class K>
concept HasLess = requires(K const& a, K const& b) {
    { a < b } -> std::convertible_to<bool>;
};
template <class K>
inline constexpr bool hasLess = HasLess<K>;

struct CollectAsMap : ActionBase {
    Label label;

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!isPair<ValueOf<Up>>) return false;
        else if constexpr (!canReplaceRecord<RecordOf<Up>>) return false;
        else return !std::is_pointer_v<typename Owned<ValueOf<Up>>::first_type> && HasLess<typename Owned<ValueOf<Up>>::first_type>;
    }

    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        using P = ValueOf<Up>;
        static_assert(isPair<P>, "sluice::collectAsMap(): the records must be pairs of a key and a value");
        if constexpr (isPair<P>) {
            constexpr bool isPointer = std::is_pointer_v<typename P::first_type>;
            static_assert(!isPointer,
                          "sluice::collectAsMap(): the key must not be a pointer, whose address would be compared: use "
                          "std::string_view for text");
            if constexpr (!isPointer) {
                static_assert(mayOutlive<P>(),
                              "sluice::collectAsMap(): the records must not be views of a type that the library cannot own: "
                              "map them to one that owns what it shows, or specialise sluice::OwnedAs");
            }
        }
        if constexpr (isPair<P> && canOwn<P>) {
            using K = typename Owned<P>::first_type;
            static_assert(canReplaceRecord<RecordOf<Up>>,
                          "sluice::collectAsMap(): the records must be copyable and assignable, to be kept beyond the batch");
            if constexpr (!std::is_pointer_v<K> && canReplaceRecord<RecordOf<Up>>) {
                static_assert(hasLess<K>,
                              "sluice::collectAsMap(): the key must have an order, as the result is a std::map: operator<, or in a plain "
                              "struct auto operator<=>(TheKey const&) const = default");
            }
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::collectAsMap(): must stand behind a batch; in a stream write foreachRDD(f), "
                      "and in f: batch | collectAsMap()");
    }

    template <class Up>
    auto run(Up const& up) const
    {
        using P = Owned<ValueOf<Up>>;
        std::map<typename P::first_type, typename P::second_type> map;
        for (P& pair : Collect{{}, label}.run(up)) map.insert_or_assign(std::move(pair.first), std::move(pair.second));
        return map;
    }
};

struct CollectAsMapFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const
    {
        return CollectAsMap{{}, {"collectAsMap", at}};
    }
};

}  // namespace detail

/// The pairs of a batch as `std::map`, owned, so that it may outlive the batch: text comes as `std::string`. Of a key that
/// stands several times, the last value, in the order of partitions.
///
/// A `std::map`, since its order is the same in every run and on every machine, since pairs and tuples are keys of it as they
/// are (`std::unordered_map` has no hash of them), and since it costs those who include it no more.
///
/// Action, on batches only, for pairs (K, V), where keys of K have `<` (and are not NaN): in a stream use `foreachRDD`. An
/// empty batch gives an empty map.
///
/// ```cpp
/// auto const counts = rdd({std::pair{"to"s, 1}, std::pair{"be"s, 1}, std::pair{"to"s, 2}}) | collectAsMap();
/// CHECK(counts.size() == 2);
/// CHECK(counts.at("to") == 2);
/// ```
inline constexpr detail::CollectAsMapFn collectAsMap{};

}  // namespace sluice::inline SLUICE_ABI
