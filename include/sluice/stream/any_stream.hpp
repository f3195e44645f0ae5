#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/stream/stage.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template <class T>
struct AnyStreamBase : StreamNode {
    using StreamNode::StreamNode;
    virtual Counted<AnyBatchBase<T>> at(Time t) = 0;
    [[nodiscard]] virtual Duration slide() const = 0;
    [[nodiscard]] virtual Counted<AnyStreamBase> named(char const* name) const = 0;
};

template <class T, class Node>
class AnyStreamOf final : public AnyStreamBase<T> {
public:
    explicit AnyStreamOf(Node node) : AnyStreamBase<T>(node.graph(), node.label()), node_(static_cast<Node&&>(node))
    {
        this->stepId = node_.stepId();
    }

    Counted<AnyBatchBase<T>> at(Time t) override
    {
        auto batch = node_.at(t);
        if (!batch) return {};
        // One slot is made anew for each batch, unless somebody still holds it.
        if (slot_.unique()) slot_->assign(*std::move(batch));
        else slot_ = makeCounted<AnyBatchOf<T, typename Node::Batch>>(*std::move(batch));
        return slot_;
    }

    [[nodiscard]] Duration slide() const override { return node_.slide(); }
    [[nodiscard]] Counted<AnyStreamBase<T>> named(char const* name) const override
    {
        auto copy = node_;
        copy.name(name);
        return addNode<AnyStreamOf>(this->graph, std::move(copy));
    }

    void evict(Time) override
    {
        if (slot_.unique()) slot_->clear();
    }

private:
    Node node_;
    Counted<AnyBatchOf<T, typename Node::Batch>> slot_;
};

/// The node of DStream<T>.
template <class T>
class AnyStream {
public:
    using Batch = AnyBatch<T>;

    explicit AnyStream(Counted<AnyStreamBase<T>> stream) : stream_(std::move(stream)) {}

    [[nodiscard]] std::optional<Batch> at(Time t) const
    {
        auto batch = stream_->at(t);
        if (!batch) return std::nullopt;
        return Batch{std::move(batch)};
    }
    [[nodiscard]] Counted<GraphCore> const& graph() const { return stream_->graph; }
    [[nodiscard]] Duration slide() const { return stream_->slide(); }
    void name(char const* text) { stream_ = stream_->named(text); }
    [[nodiscard]] Label label() const { return stream_->label; }
    [[nodiscard]] std::size_t stepId() const { return stream_->stepId; }

private:
    Counted<AnyStreamBase<T>> stream_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
