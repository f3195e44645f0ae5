#pragma once

#include <sluice/stream/appended.hpp>
#include <sluice/stream/several.hpp>
#include <sluice/stream/stage.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template <class T>
struct UnitedStreams;

template <class T>
struct AnyStreamBase : StreamNode {
    AnyStreamBase(Counted<GraphCore> const& owner, Label const& where, Duration every) : StreamNode(owner, where), slide(every) {}

    virtual Counted<AnyBatchBase<T>> at(Time t) = 0;
    [[nodiscard]] virtual Counted<AnyStreamBase> named(char const* name) const = 0;
    /// What it unites, if it does.
    [[nodiscard]] virtual UnitedStreams<T> const* united() const { return nullptr; }

    Duration const slide;
};

template <class T, class Node>
class AnyStreamOf final : public AnyStreamBase<T> {
public:
    explicit AnyStreamOf(Node node) : AnyStreamBase<T>(node.graph(), node.label(), node.slide()), node_(static_cast<Node&&>(node))
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

    [[nodiscard]] Maybe<Batch> at(Time t) const
    {
        auto batch = stream_->at(t);
        if (!batch) return {};
        return Batch{std::move(batch)};
    }
    [[nodiscard]] Counted<GraphCore> const& graph() const { return stream_->graph; }
    [[nodiscard]] Duration slide() const { return stream_->slide; }
    void name(char const* text) { stream_ = stream_->named(text); }
    [[nodiscard]] Label label() const { return stream_->label; }
    [[nodiscard]] std::size_t stepId() const { return stream_->stepId; }
    [[nodiscard]] Counted<AnyStreamBase<T>> const& stream() const { return stream_; }

private:
    Counted<AnyStreamBase<T>> stream_;
};

/// The batch of a union of streams. It hands on the blocks of those as they are.
template <class T>
struct UnitedBatch final : AnyBatchBase<T> {
    [[nodiscard]] bool resumable() const override { return list.resumable(); }
    [[nodiscard]] std::size_t partitions() const override { return list.partitions(); }
    [[nodiscard]] Partitioning partitioning() const override { return {}; }
    [[nodiscard]] bool isEmpty(std::size_t p) const override
    {
        auto const& batch = list.find(p);
        return batch.isEmpty(p);
    }
    [[nodiscard]] EnginePlace const& place() const override { return list.place; }
    void prepare() const override { list.prepare(); }
    std::size_t blocks(std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const override
    {
        auto const& batch = list.find(p);
        return batch.batch()->blocks(p, from, one, fn, context);
    }

    BatchList<T> list;
};

/// Any streams, one behind the other, as one. A loop may unite them, `all = all | unionWith(next)`: unions of unions, however
/// deep, are walked through with a list of what is left to visit, and none asks the one below it.
template <class T>
struct UnitedStreams final : AnyStreamBase<T> {
    using Parts = List<Counted<AnyStreamBase<T>>>;

    /// Of one context and slide; at least one.
    UnitedStreams(Label const& where, std::size_t step, Parts& all) : AnyStreamBase<T>(all[0]->graph, where, all[0]->slide)
    {
        this->stepId = step;
        parts.swap(all);
    }

    Counted<AnyBatchBase<T>> at(Time t) override
    {
        if (!slot_.unique()) slot_ = makeCounted<UnitedBatch<T>>();
        auto& list = slot_->list;
        list.clear();
        bool const off = this->slide != this->graph->interval() && !this->graph->isValid(t, this->slide);
        left_.clear();
        visit(*this);
        while (!left_.empty()) {
            auto const next = left_.back();
            left_.pop_back();
            if (auto const* const inner = next.stream->united()) {
                visit(*inner);
                continue;
            }
            auto batch = next.stream->at(t);
            if (off) continue;  // what lasts below takes part in every batch
            if (!batch) failWithoutRdd(next.of->label, next.stream->label, t);
            list.add(AnyBatch<T>{std::move(batch)});
        }
        if (off) return {};
        list.runAt(this->graph->place());
        return slot_;
    }

    [[nodiscard]] Counted<AnyStreamBase<T>> named(char const* name) const override
    {
        auto mine = this->label;
        mine.name = name;
        this->graph->renameStep(this->stepId, name);
        Parts same;
        for (auto const& part : parts) same.push_back(part);
        return addNode<UnitedStreams>(this->graph, mine, this->stepId, same);
    }

    void evict(Time) override
    {
        if (slot_.unique()) slot_->list.clear();
    }

    [[nodiscard]] UnitedStreams const* united() const override { return this; }

    Parts parts;

private:
    struct Left {
        UnitedStreams const* of;
        AnyStreamBase<T>* stream;
    };

    void visit(UnitedStreams const& all)
    {
        for (auto i = all.parts.size(); i-- > 0;) left_.push_back({&all, all.parts[i].get()});
    }

    Counted<UnitedBatch<T>> slot_;
    List<Left> left_;
};

template <class T, class Node>
AnyStream<T> anyStream(Node node)
{
    if constexpr (!std::is_same_v<ValueOf<typename Node::Batch>, T>) {
        return AnyStream<T>{{}};  // refused by the caller
    } else if constexpr (std::is_same_v<AnyStream<T>, Node>) {
        return node;
    } else if constexpr (requires { requires Node::joinsAny; }) {
        return node.joined();
    } else {
        auto const graph = node.graph();
        return AnyStream<T>{Counted<AnyStreamBase<T>>{addNode<AnyStreamOf<T, Node>>(graph, static_cast<Node&&>(node))}};
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
