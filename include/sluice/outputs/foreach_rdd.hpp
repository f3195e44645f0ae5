#pragma once

#include <sluice/operators/transform.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// An output that does something with each batch of a stream. `Kind` says what, and has
///
///   spelled          its name
///   run(output, t)   the job of a batch, which stands in output.batch; output.f is the user's function
template <class Kind, class Node, class F>
struct BatchOutput final : OutputNode {
    using OutputNode::freed;

    BatchOutput(Label const& where, Node upstream, F function) : OutputNode(where), node(std::move(upstream)), f(std::move(function)) {}

    bool plan(Time t) override
    {
        batch = node.at(t);
        return static_cast<bool>(batch);
    }
    void run(Time t) override { Kind::run(*this, t); }
    void clear() override { batch.reset(); }

    Node node;
    F f;
    Maybe<typename Node::Batch> batch;
};

/// Such an output as an operator.
template <class Kind, class F, class... Asks>
struct BatchOutputOp : OutputBase, Needs<Asks...> {
    [[no_unique_address]] F f;
    Label label;

    constexpr BatchOutputOp(F fn, Label const& where) : f(std::move(fn)), label(where) {}
    constexpr BatchOutputOp(F fn, CallSite at) : BatchOutputOp(std::move(fn), Label{Kind::spelled, at}) {}

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
        auto const* const about = aboutOf(function);
        graph->addOutput(Counted<OutputNode>{makeCounted<BatchOutput<Kind, N, F>>(label, std::move(node), std::move(function))}, from,
                         about);
    }
};

struct ForeachRDD {
    static constexpr char const* spelled = "foreachRDD";

    template <class Output>
    static void run(Output& output, Time t)
    {
        auto mine = rddOf(*std::move(output.batch));
        output.freed();
        runIn(output.label, [&] { static_cast<void>(callBatch(t, output.f, std::move(mine))); });
    }
};
template <class F>
using ForeachRDDOp = BatchOutputOp<ForeachRDD, F, TakesBatch<F>, TakesOwnRecords<F>>;

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
inline constexpr detail::FunctionMaker<detail::ForeachRDDOp> foreachRDD{};

}  // namespace sluice::inline SLUICE_ABI
