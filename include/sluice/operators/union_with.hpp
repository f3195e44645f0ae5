#pragma once

#include <sluice/operators/detail/meeting.hpp>
#include <sluice/stream/union_stream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct UnionWith {
    Label label;

    template <class... Others>
    using Asks = Needs<need::OneType<Others...>>;

    template <class... Ups>
    auto ofBatches(Ups... ups) const
    {
        return UnionBatch<Ups...>{std::move(ups)...};
    }
    template <class... Nodes>
    auto ofStreams(Nodes... nodes) const
    {
        return streamOf(UnionStream<Nodes...>{label, std::move(nodes)...});
    }
};

struct UnionWithFn : OfSeveral<UnionWithFn> {
    template <class... Ss>
    static auto make(CallSite at, Ss... others)
    {
        static_assert(ofOneKind<Ss...>, "sluice: a stream meets streams, a batch meets batches");
        return together(UnionWith{{"unionWith", at}}, std::move(others)...);
    }
};

}  // namespace detail

/// The records of this stream and of others: `a | unionWith(b, c)`; and so of batches.
///
/// Narrow: partitions are appended, order and duplicates kept; nothing moves. All hold records of one type, belong to
/// one context and have the same slide duration (`InvalidArgument`). Empty batches add nothing; *no RDD* of any of them
/// is a `StreamError`.
///
/// ```cpp
/// auto all = rdd({1, 2}) | unionWith(rdd({3}), rdd({1}));
/// CHECK((all | collect()) == std::vector{1, 2, 3, 1});
/// CHECK(all.numPartitions() == 3);
/// ```
inline constexpr detail::UnionWithFn unionWith{};

}  // namespace sluice::inline SLUICE_ABI
