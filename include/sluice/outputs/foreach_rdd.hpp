#pragma once

#include <sluice/operators/transform.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// An output that does what F says with the batch of a stream.
template <class Node, class F>
struct BatchOutput : OutputNode {
    BatchOutput(Label const& where, Node upstream, F function) : OutputNode(where), node(std::move(upstream)), f(std::move(function)) {}

    bool plan(Time t) override
    {
        batch.reset();  // expressions over closures can be made, not assigned
        if (auto planned = node.at(t)) batch.emplace(*std::move(planned));
        return batch.has_value();
    }

    void clear() override { batch.reset(); }

    Node node;
    F f;
    std::optional<typename Node::Batch> batch;
};

/// Such an output as an operator: Node<N, F> behind a node N.
template <template <class, class> class Node, class F>
struct BatchOutputOp : OutputBase {
    [[no_unique_address]] F f;
    Label label;

    constexpr BatchOutputOp(F fn, Label const& where) : f(std::move(fn)), label(where) {}

    template <class N>
    void attach(N node) const&
    {
        add(std::move(node), F(f));
    }
    template <class N>
    void attach(N node) &&
    {
        add(std::move(node), std::move(f));
    }

private:
    template <class N>
    void add(N node, F function) const
    {
        auto const graph = node.graph();
        auto const from = node.stepId();
        graph->addOutput(Counted<OutputNode>{makeCounted<Node<N, F>>(label, std::move(node), std::move(function))}, from);
    }
};

template <class Node, class F>
struct ForeachOutput final : BatchOutput<Node, F> {
    using ForeachOutput::BatchOutput::BatchOutput;

    void run(Time t) override
    {
        auto mine = rddOf(*std::move(this->batch));
        this->freed();
        try {
            static_cast<void>(callBatch(t, this->f, std::move(mine)));
        } catch (...) {
            failIn(this->label);
        }
    }
};

template <class F>
struct ForeachRDD : BatchOutputOp<ForeachOutput, F>, Needs<TakesBatch<F>, TakesOwnRecords<F>> {
    constexpr ForeachRDD(F fn, CallSite at) : ForeachRDD::BatchOutputOp(std::move(fn), {"foreachRDD", at}) {}
};

}  // namespace detail

/// Output: do something with each batch: f(rdd) or f(rdd, time). The RDD is a cheap handle; only actions on it cause
/// work (`rdd | collect()`, `rdd | foreach(g)`).
///
/// f is called as const, by the job thread, once for each batch in which the stream has an RDD, empty ones too. What f
/// throws fails the job of this output, as a `StreamError` that names it.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [channel, numbers] = channelStream<int>(clock);
/// std::int64_t seen = 0;
/// numbers | foreachRDD([&](auto batch) { seen += batch | count(); });
/// clock.poll(Time{0s});
/// channel.push(1);
/// clock.poll(Time{1s});
/// CHECK(seen == 1);
/// ```
inline constexpr detail::FunctionMaker<detail::ForeachRDD> foreachRDD{};

}  // namespace sluice::inline SLUICE_ABI
