#pragma once

#include <sluice/input/store.hpp>
#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// A store's batches: what an input that is fed through a Store or a TextStore does at each tick.
template <class StoreType, class Blocks, class Leaf>
struct StoreNode : InputNode {
    using Batch = Leaf;

    StoreNode(Counted<GraphCore> const& owner, Label const& where)
        : InputNode(owner, where, owner->rateLimit()), store(owner->maxReceivedBytes(), rateLimit)
    {
    }
    SLUICE_COLD ~StoreNode() override = default;

    void fix(Time t) override
    {
        memo.findOr(t, [this, t](Blocks& blocks) {
            if (log == nullptr || !log->giveAgain(t, blocks)) store.moveTo(blocks);
            blocks.place = graph->place();
            blocks.partitions = graph->place().defaultPartitions();
        });
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const
    {
        if (auto const* const spill = store.spill()) spill->refuse(label);
        return memo.template batch<Batch>(t);
    }

    [[nodiscard]] StreamInputInfo info(Time t) const override
    {
        auto const blocks = memo.find(t);
        StreamInputInfo told{id, blocks ? blocks->records() : 0, {}};
        if (!blocks) return told;
        told.spilledBytes = blocks->spilled;
        if constexpr (requires { blocks->description; }) told.description = blocks->description;
        return told;
    }

    /// Its records are processed: others may come.
    void finish(Time t) override
    {
        if (auto const blocks = memo.find(t)) store.space().leave(std::exchange(blocks->unprocessed, 0));
    }

    [[nodiscard]] SLUICE_COLD StreamHeldInfo held() const override
    {
        StreamHeldInfo all{label.name != nullptr ? label.name : where(label), 0, 0};
        memo.each([&all](Blocks const& blocks) {
            all.keys += static_cast<std::size_t>(blocks.records());
            all.bytes += blocks.bytes - blocks.spilled;
        });
        return all;
    }

    void silence() override { store.close(); }
    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] std::int64_t received() const override { return store.received(); }
    [[nodiscard]] bool hasWaiting() const override { return store.hasWaiting(); }
    [[nodiscard]] std::int64_t waiting() const override { return store.waiting(); }
    [[nodiscard]] bool isBlocked() override { return store.space().hasWaiters(); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }

    StoreType store;
    StoreLog<Blocks>* log = nullptr;
    Memo<Blocks> memo;
};

template <class T>
using RecordNode = StoreNode<Store<T>, RecordBlocks<T>, Received<T>>;

}  // namespace sluice::inline SLUICE_ABI::detail
