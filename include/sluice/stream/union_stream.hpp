#pragma once

#include <sluice/batch/union_batch.hpp>
#include <sluice/stream/any_stream.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// The records of several streams of one context and slide, batch by batch.
template <class... Nodes>
class UnionStream {
public:
    using Batch = UnionBatch<typename Nodes::Batch...>;
    using T = ValueOf<Batch>;
    static constexpr bool joinsAny = (unitesAny<Nodes, AnyStream<T>> || ...);

    UnionStream(Label label, Nodes... nodes) : label_(label), nodes_(static_cast<Nodes&&>(nodes)...)
    {
        std::apply(
            [&](auto const&... node) {
                requireAlike(label_, node...);
                std::size_t const behind[] = {node.stepId()...};
                step_ = graph()->addStep(DrawnStep::narrow, label_, behind, sizeof...(Nodes), 0);  // a union of unions is one
            },
            nodes_);
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const
    {
        return std::apply(
            [&](auto const&... node) -> Maybe<Batch> {
                if (offGridOf(t, node...)) return {};
                return Batch{batchOf(label_, node, t)...};
            },
            nodes_);
    }
    [[nodiscard]] Counted<GraphCore> const& graph() const { return std::get<0>(nodes_).graph(); }
    [[nodiscard]] Duration slide() const { return std::get<0>(nodes_).slide(); }
    void name(char const* text)
    {
        label_.name = text;
        graph()->renameStep(step_, text);
    }
    [[nodiscard]] Label label() const { return label_; }
    [[nodiscard]] std::size_t stepId() const { return step_; }

    /// Any stream of these.
    [[nodiscard]] AnyStream<T> joined() const
        requires joinsAny
    {
        typename UnitedStreams<T>::Parts parts;
        std::apply([&parts](auto const&... node) { (parts.push_back(anyStream<T>(node).stream()), ...); }, nodes_);
        return AnyStream<T>{Counted<AnyStreamBase<T>>{addNode<UnitedStreams<T>>(graph(), label_, step_, parts)}};
    }

private:
    Label label_;
    std::size_t step_ = 0;
    std::tuple<Nodes...> nodes_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
