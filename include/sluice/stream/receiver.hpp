#pragma once

#include <sluice/stream/dstream.hpp>
#include <sluice/stream/store.hpp>

#include <stop_token>
#include <string>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What a receiver may do besides storing: told by who runs it.
struct ReceiverHostBase {
    virtual ~ReceiverHostBase() = default;
    virtual void reportError(std::string const& message) = 0;
};

/// What a context runs on a thread of its own: `run` until it returns, is asked to stop, or throws; then again after
/// `Config::receiverRestartDelay`, until it is asked to stop.
struct ReceiverTask {
    virtual ~ReceiverTask() = default;
    virtual void run(std::stop_token stop, ReceiverHostBase& host) = 0;
};

/// A store's batches: what an input that is fed through a Store or a TextStore does at each tick.
template <class StoreType, class Blocks, class Leaf>
struct StoreNode : InputNode {
    using Batch = Leaf;

    StoreNode(Counted<GraphCore> const& owner, Label const& where)
        : InputNode(owner, where), store(owner->maxReceivedBytes())
    {
    }

    void fix(Time t) override
    {
        memo.findOr(t, [this](Blocks& blocks) {
            store.moveTo(blocks);
            blocks.place = graph->place();
            blocks.partitions = graph->place().defaultPartitions();
        });
    }

    [[nodiscard]] std::optional<Batch> at(Time t) const
    {
        auto blocks = memo.find(t);
        if (!blocks) return std::nullopt;
        return Batch{std::move(blocks)};
    }

    [[nodiscard]] StreamInputInfo info(Time t) const override
    {
        auto const blocks = memo.find(t);
        return {id, blocks ? recordsOf(*blocks) : 0, {}};
    }

    /// Its records are processed: others may come.
    void finish(Time t) override
    {
        if (auto const blocks = memo.find(t)) store.space().leave(std::exchange(blocks->waiting, 0));
    }

    void silence() override { store.space().close(); }
    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] std::int64_t received() const override { return store.received(); }
    [[nodiscard]] bool hasWaiting() const override { return store.hasWaiting(); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }

    StoreType store;
    Memo<Blocks> memo;

private:
    static std::int64_t recordsOf(TextBlocks const& blocks) { return blocks.lines; }
    template <class T>
    static std::int64_t recordsOf(RecordBlocks<T> const& blocks)
    {
        return static_cast<std::int64_t>(blocks.size());
    }
};

template <class T>
using RecordNode = StoreNode<Store<T>, RecordBlocks<T>, Received<T>>;
using TextNode = StoreNode<TextStore, TextBlocks, ReceivedText>;

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
