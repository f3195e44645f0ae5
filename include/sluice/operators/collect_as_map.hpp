#pragma once

#include <sluice/operators/collect.hpp>

#include <map>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class K>
concept HasLess = requires(K const& a, K const& b) {
    { a < b } -> std::convertible_to<bool>;
};
/// Behind Pairs, Ownable.
struct MapKey {
    template <class Up>
    static constexpr bool holds = HasLess<typename Owned<ValueOf<Up>>::first_type>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::collectAsMap(): the key must have an order, as the result is a std::map: operator<, or in a "
                      "plain struct auto operator<=>(TheKey const&) const = default");
    }
};

struct CollectAsMap : ActionBase, Needs<need::Pairs, need::NoPointer<FirstOf>, need::Ownable, need::Replaceable, MapKey> {
    Label label;

    constexpr explicit CollectAsMap(CallSite at) : label{"collectAsMap", at} {}

    template <class Up>
    auto run(Up const& up) const
    {
        using P = Owned<ValueOf<Up>>;
        std::map<typename P::first_type, typename P::second_type> map;
        for (P& pair : gathered(up, [] { return CollectSink<P>{}; })) map.insert_or_assign(std::move(pair.first), std::move(pair.second));
        return map;
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
inline constexpr detail::Maker<detail::CollectAsMap> collectAsMap{};

}  // namespace sluice::inline SLUICE_ABI
