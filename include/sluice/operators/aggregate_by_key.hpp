#pragma once

#include <sluice/operators/combine_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A zero, which the first value is added to.
template <class Z>
struct BeginsWith {
    Z zero;

    explicit BeginsWith(Z z) : zero(std::move(z)) {}

    template <class>
    using Combined = Z;
    template <class>
    using CombinedIn = Z;
    template <class By, class... Rest>
    using Asks = Needs<need::Pairs, need::HashedKey, need::Placed<By>, Rest...>;

    template <class Add, class V>
    Z begin(Label const& label, Add const& add, V&& value) const
    {
        return combineIn(label, add, Z(zero), static_cast<V&&>(value));
    }
};

template <class Z>
struct AggregateByKey : BeginsWith<Z> {
    static constexpr char const* spelled = "aggregateByKey";
    using BeginsWith<Z>::BeginsWith;
};

}  // namespace detail

/// Combine the values V of each key to a Z that begins as zero: `aggregateByKey(zero, add, merge, partitions)`.
///
/// Wide, for pairs (K, V): in each partition the first value of a key meets a copy of zero; add(z, v) takes one value
/// more, merge(z, z) joins the results of two partitions, in their order. So zero must be neutral, and it is used once
/// for each key and partition that has it. Both functions are called as const. Result: pairs (K, Z), each key once, in
/// the order of first occurrence; partitions as in `reduceByKey`. An empty batch gives an empty one, *no RDD* stays
/// none. What a function throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const longest = aggregateByKey(std::size_t{0},
///                                     [](std::size_t n, std::string_view word) { return std::max(n, word.size()); },
///                                     [](std::size_t a, std::size_t b) { return std::max(a, b); });
/// auto const out = rdd({std::pair{'a', "an"sv}, std::pair{'b', "be"sv}, std::pair{'a', "apple"sv}}) | longest | collect();
/// CHECK(out == std::vector{std::pair{'a', std::size_t{5}}, std::pair{'b', std::size_t{2}}});
/// ```
inline constexpr detail::CombinesByKeyMaker<detail::AggregateByKey> aggregateByKey{};

}  // namespace sluice::inline SLUICE_ABI
