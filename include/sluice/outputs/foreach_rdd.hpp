#pragma once

#include <sluice/operators/transform.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// An output that has the batch of its stream.
template <class Node>
struct BatchOutput : OutputNode {
    BatchOutput(Label const& where, Node upstream) : OutputNode(where), node(static_cast<Node&&>(upstream)) {}

    bool generate(Time t) override
    {
        batch.reset();  // expressions over closures can be made, not assigned
        if (auto described = node.at(t)) batch.emplace(*std::move(described));
        return batch.has_value();
    }

    void clear() override { batch.reset(); }

    Node node;
    std::optional<typename Node::Batch> batch;
};

template <class Node, class F>
struct ForeachOutput final : BatchOutput<Node> {
    ForeachOutput(Label const& where, Node upstream, F function)
        : BatchOutput<Node>(where, static_cast<Node&&>(upstream)), f(static_cast<F&&>(function))
    {
    }

    void run(Time t) override
    {
        auto mine = rddOf(*std::move(this->batch));
        this->taken();
        try {
            static_cast<void>(callBatch(t, f, std::move(mine)));
        } catch (...) {
            failIn(this->label);
        }
    }

    F f;
};

template <class F>
struct ForeachRDD : OutputBase {
    [[no_unique_address]] F f;
    Label label;

    constexpr ForeachRDD(F fn, Label where) : f(static_cast<F&&>(fn)), label(where) {}

    template <class Up>
    static constexpr bool accepts = BatchFunction<F, RddOn<Up>> && !takesOtherBatch<F, ValueOf<Up>>();

    template <class Up>
    static consteval void require()
    {
        static_assert(BatchFunction<F, RddOn<Up>> || !BatchFunction<F&, RddOn<Up>>,
                      "sluice::foreachRDD(f): f is called as const: no mutable lambda");
        static_assert(BatchFunction<F, RddOn<Up>> || BatchFunction<F&, RddOn<Up>>,
                      "sluice::foreachRDD(f): f must take a batch, or a batch and its time: f(rdd) or f(rdd, time)");
        static_assert(!takesOtherBatch<F, ValueOf<Up>>(),
                      "sluice::foreachRDD(f): f must take a batch of the stream's own records, or auto");
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::foreachRDD(f): must stand behind a stream; with a batch call f itself");
    }

    template <class Node>
    void attach(Node node) const&
    {
        add(static_cast<Node&&>(node), F(f));
    }
    template <class Node>
    void attach(Node node) &&
    {
        add(static_cast<Node&&>(node), static_cast<F&&>(f));
    }

private:
    template <class Node>
    void add(Node node, F function) const
    {
        auto const graph = node.graph();
        auto const from = node.stepId();
        graph->addOutput(Counted<OutputNode>{makeCounted<ForeachOutput<Node, F>>(label, static_cast<Node&&>(node), static_cast<F&&>(function))},
                         from);
    }
};

struct ForeachRDDFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return ForeachRDD<F>{static_cast<F&&>(f), {"foreachRDD", at}};
    }
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
inline constexpr detail::ForeachRDDFn foreachRDD{};

}  // namespace sluice::inline SLUICE_ABI
