#pragma once

#include <sluice/input/blocks.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/testing/batches.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A source of literal batches: the k-th of them in batch k, then empty ones.
template <class T>
struct LiteralNode final : InputNode {
    using Batch = Received<T>;

    LiteralNode(Counted<GraphCore> const& owner, Label const& where, testing::Batches<T> all, std::size_t n)
        : InputNode(owner, where), batches(std::move(all)), partitions(n)
    {
    }

    void fix(Time) override {}

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        auto const k = static_cast<std::size_t>((t - graph->zero()) / graph->interval()) - 1;
        if (k < batches.size() && !batches[k]) return {};
        return Batch{memo.findOr(t, [&](RecordBlocks<T>& blocks) {
            auto block = makeCounted<RecordBlock<T>>();
            if (k < batches.size()) block->records = *batches[k];
            blocks.add(std::move(block), 0);
            blocks.place = graph->place();
            blocks.partitions = partitions;
        })};
    }

    [[nodiscard]] StreamInputInfo info(Time t) const override
    {
        auto const k = static_cast<std::size_t>((t - graph->zero()) / graph->interval()) - 1;
        return {id, k < batches.size() && batches[k] ? static_cast<std::int64_t>((*batches[k]).size()) : 0, {}};
    }
    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }

    testing::Batches<T> batches;
    std::size_t partitions;
    Memo<RecordBlocks<T>> memo;
};

}  // namespace detail

namespace testing {

/// How `runBatches` runs.
struct Options {
    std::size_t partitions = 2;            ///< of each input batch, by slicing
    std::optional<std::size_t> batches{};  ///< how many to run; unset: one for each input batch
    Duration interval = std::chrono::seconds{1};
    std::string master = "inline";
};

/// A stream of literal batches, the first of them in the first batch of its context: an input for tests.
///
/// ```cpp
/// IntervalClock clock{1s};
/// std::int64_t seen = 0;
/// testing::literalStream<int>(clock, {{1, 2}, {3}}) | foreachRDD([&](auto batch) { seen += batch | count(); });
/// clock.poll(Time{0s});
/// clock.poll(Time{2s});
/// CHECK(seen == 3);
/// ```
template <class T>
[[nodiscard]] auto literalStream(Graph const& graph, Batches<T> batches, std::size_t partitions = 2, CallSite at = CallSite::here())
{
    auto node = sluice::detail::addInput<sluice::detail::LiteralNode<T>>(graph, {"literalStream", at}, std::move(batches), partitions);
    return sluice::detail::streamOf(sluice::detail::SharedNode<sluice::detail::LiteralNode<T>>{std::move(node)});
}

namespace detail {

/// Registers an output that keeps what comes: *no RDD* where it does not.
template <class T, class Node>
auto keepBatches(DStream<T, Node> stream, std::size_t batches)
{
    auto kept = sluice::detail::makeCounted<sluice::detail::Box<Batches<Owned<T>>>>(Batches<Owned<T>>{});
    for (std::size_t i = 0; i < batches; ++i) kept->value.push_back(std::nullopt);
    auto const graph = stream.node().graph();
    std::move(stream) | foreachRDD([kept, graph](auto rdd, Time t) {
        auto const k = static_cast<std::size_t>((t - graph->zero()) / graph->interval()) - 1;
        kept->value.set(k, std::move(rdd) | collect());
    });
    return kept;
}

/// A context on a manual clock: compiled once, whatever runs in it.
template <class = void>
struct Run {
    SLUICE_COLD explicit Run(Options const& given)
        : options(given), context{{.master = given.master, .clock = clock, .exclusive = false, .log = silent}, given.interval}
    {
    }

    SLUICE_COLD void run(std::size_t batches)
    {
        context.start();
        for (std::size_t i = 0; i < batches; ++i) clock.advance(options.interval);
        context.awaitBatches();
        context.stop();
        context.awaitTermination();  // what failed is thrown here
    }

    Options options;
    ManualClock clock;
    StreamingContext context;
};

/// Lets `build` make streams of a context, and runs its batches.
template <class Build>
auto runOnce(Options const& options, std::size_t batches, Build&& build)
{
    Run<> run{options};
    auto const kept = keepBatches(build(run.context), batches);
    run.run(batches);
    return kept->value;
}

}  // namespace detail

/// Runs a pipeline over literal batches, on a manual clock from 0, so that the first batch time is one interval, and
/// gives the batches that come out. f takes a stream and returns one. What fails in a batch is thrown.
///
/// ```cpp
/// auto out = testing::runBatches<int>({{1, 2, 3, 4}, {5, 6}, {}},
///                                     [](auto in) { return in | map([](int x) { return x * 2; }); });
/// CHECK(out == testing::Batches<int>{{2, 4, 6, 8}, {10, 12}, {}});
/// ```
template <class In, class F>
[[nodiscard]] auto runBatches(Batches<In> in, F&& f, Options options = {})
{
    auto const batches = options.batches.value_or(in.size());
    return detail::runOnce(options, batches,
                           [&](Graph const& graph) { return f(literalStream<In>(graph, std::move(in), options.partitions)); });
}

/// What f makes of two inputs: it takes two streams.
///
/// ```cpp
/// auto out = testing::runBatches<int, int>({{1}, {2}}, {{3}, {4}}, [](auto a, auto b) { return a | unionWith(b); });
/// CHECK(out == testing::Batches<int>{{1, 3}, {2, 4}});
/// ```
template <class In1, class In2, class F>
[[nodiscard]] auto runBatches(Batches<In1> in1, std::type_identity_t<Batches<In2>> in2, F&& f, Options options = {})
{
    auto const batches = options.batches.value_or(in1.size());
    return detail::runOnce(options, batches, [&](Graph const& graph) {
        auto a = literalStream<In1>(graph, std::move(in1), options.partitions);
        return f(std::move(a), literalStream<In2>(graph, std::move(in2), options.partitions));
    });
}

}  // namespace testing
}  // namespace sluice::inline SLUICE_ABI
