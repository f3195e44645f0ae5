#pragma once

#include <sluice/stream/cached_records.hpp>
#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Op, class Up>
struct CacheNode final : HoldingNode {
    using Batch = Cached<typename Up::Batch>;

    CacheNode(Counted<GraphCore> const& owner, Op const& op, Up upstream) : HoldingNode(owner, op.label), up(static_cast<Up&&>(upstream)) {}

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        if (auto known = memo.find(t)) return Batch{std::move(known)};
        auto batch = up.at(t);
        if (!batch) return {};
        return Batch{memo.findOr(t, [&](auto& kept) { kept.plan(*std::move(batch)); })};
    }

    [[nodiscard]] Duration slide() const { return up.slide(); }
    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] SLUICE_COLD StreamHeldInfo held() const override
    {
        std::size_t records = 0;
        memo.each([&records](auto const& kept) {
            if (kept.once.done()) records += kept.records();
        });
        return heldInfo(records, records * sizeof(typename CachedRecords<typename Up::Batch>::Entry));
    }

    Up up;
    Memo<CachedRecords<typename Up::Batch>> memo;
};

struct Cache : StreamOpBase, Needs<need::Storable> {
    Label label;

    constexpr explicit Cache(CallSite at) : label{"cache", at} {}

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::cache(): must stand behind a stream; of a batch, rdd(batch | collect()) keeps the records");
    }

    template <class Node>
    auto attach(Node node) const
    {
        return nodeStream<CacheNode>(*this, static_cast<Node&&>(node));
    }
};

}  // namespace detail

/// A stream of the same records that computes each batch once, however many outputs stand below it, and keeps it in
/// memory for as long as the batch is remembered. The stream before it is unchanged.
///
/// On streams only. Records are kept owned: text comes as `std::string`; a plain struct stays what it is, and its views look at a
/// copy of their text, which lives as long as the batch is remembered. Partitions and order are kept. An empty batch
/// stays empty, *no RDD* stays none.
///
/// ```cpp
/// std::atomic<int> calls = 0;
/// auto out = testing::runBatches<int>({{1, 2}}, [&](auto in) {
///     auto slow = in | map([&](int x) { ++calls; return x; }) | cache();
///     return slow | unionWith(slow);
/// });
/// CHECK(out == testing::Batches<int>{{1, 2, 1, 2}});
/// CHECK(calls == 2);
/// ```
inline constexpr detail::Maker<detail::Cache> cache{};

}  // namespace sluice::inline SLUICE_ABI
