#pragma once

#include <sluice/codec/text.hpp>
#include <sluice/input/positions.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/dstream.hpp>
#include <sluice/stream/memo.hpp>

// One file although it is long: what a source may have, member by member, and the node that asks for each.

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct NoPositions {};

/// Whether a source is told how many records its batch may have.
template <class Source>
inline constexpr bool takesBound = requires(Source& source, Time t, std::int64_t most) { source.batch(t, most); };

/// What a source gives for one batch time.
template <class Source>
decltype(auto) pulledFrom(Source& source, Time t, std::int64_t most = 0)
{
    if constexpr (takesBound<Source>) return source.batch(t, most);
    else if constexpr (requires { source.batch(t); }) return source.batch(t);
    else return source(t);
}

template <class R>
inline constexpr bool isMaybeRDD = isRDD<R>;
template <class R>
inline constexpr bool isMaybeRDD<std::optional<R>> = isRDD<R>;

/// Whether it has `batch(Time)`, also with a bound, or is a function of the time.
template <class S>
inline constexpr bool pullable =
    takesBound<S> || requires(S& source, Time t) { source.batch(t); } || requires(S& source, Time t) { source(t); };
template <class S>
consteval bool pullsBatches()
{
    if constexpr (pullable<S>) return isMaybeRDD<std::remove_cvref_t<decltype(pulledFrom(std::declval<S&>(), Time{}))>>;
    else return false;
}

template <class S>
using PulledNode = typename OptionalOf<std::remove_cvref_t<decltype(pulledFrom(std::declval<S&>(), Time{}))>>::Element::Batch;

template <class S>
consteval auto positionsType()
{
    if constexpr (requires(S& source, Time t) { source.positions(t); }) {
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<S&>().positions(Time{}))>>{};
    } else {
        return std::type_identity<NoPositions>{};
    }
}
template <class S>
using PositionsOf = typename decltype(positionsType<S>())::type;

/// Whether it can tell where it stands, and go on from there.
template <class S>
inline constexpr bool isRestorable = requires(S& source, S const& constant, std::string_view position) {
    { constant.position() } -> std::convertible_to<std::string>;
    source.restore(position);
};
/// Whether it can give the batch again that ended at a position.
template <class S>
inline constexpr bool isRepeatable = isRestorable<S> && requires(S& source, Time t, std::string_view end) { source.batch(t, end); };

/// What a source gave for one batch: the expression, or none, or what it threw.
template <class Node, class Positions>
struct PulledBatch : RefCounted {
    Maybe<Node> node;
    std::optional<Positions> positions;
    std::string end;  // where a source that is restorable stood behind it
    std::int64_t records = 0;
    std::int64_t most = 0;  // that it may have
    EnginePlace place;
    std::exception_ptr failure;

    void clear()
    {
        node.reset();
        positions.reset();
        end.clear();
        records = 0;
        place = EnginePlace{};
        failure = nullptr;
    }
};

/// The expression of a pulled batch: the source's own, run on the context's workers.
template <class Node, class Positions>
class Pulled : public RecordsAs<Node> {
public:
    explicit Pulled(Counted<PulledBatch<Node, Positions>> batch) : batch_(std::move(batch)) {}

    [[nodiscard]] bool resumable() const { return node().resumable(); }
    [[nodiscard]] std::size_t partitions() const { return node().partitions(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return node().isEmpty(p); }
    [[nodiscard]] EnginePlace const& place() const { return batch_->place; }
    void prepare() const { node().prepare(); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        batch_->place.poll();
        return node().each(p, from, sink);
    }
    template <class F>
    std::size_t eachSpan(std::size_t p, std::size_t from, F&& f) const
        requires requires(Node const& n) { n.eachSpan(p, from, f); }
    {
        batch_->place.poll();
        return node().eachSpan(p, from, f);
    }

    [[nodiscard]] Positions const& positions() const
        requires(!std::is_same_v<Positions, NoPositions>)
    {
        return *batch_->positions;
    }

private:
    [[nodiscard]] Node const& node() const { return *batch_->node; }

    Counted<PulledBatch<Node, Positions>> batch_;
};

/// Where a source stands.
template <class Node>
struct PositionKeeper final : CheckpointedPart {
    explicit PositionKeeper(Node& node) : node_(node) {}

    [[nodiscard]] Label const& label() const override { return node_.label; }
    [[nodiscard]] std::string name() const override { return node_.label.name != nullptr ? node_.label.name : ""; }
    void open(Time, std::string_view, std::string_view) override {}
    void load(std::string_view, std::string_view position) override
    {
        try {
            node_.source.restore(position);
        } catch (...) {
            failIn(node_.label);
        }
    }
    void save(Time t, bool, CheckpointSink& to) override
    {
        std::string end;
        if (begun(t, end)) to.put({}, end);
    }
    [[nodiscard]] bool begun(Time t, std::string& end) override
    {
        auto const batch = node_.memo.find(t);
        if (!batch || batch->failure) return false;
        end = batch->end;
        return true;
    }
    void replay(Time t, std::string_view end) override { node_.unfinished.emplace_back(t, std::string(end)); }

private:
    Node& node_;
};

template <class Source>
struct PullNode final : InputNode {
    using Node = PulledNode<Source>;
    using Positions = PositionsOf<Source>;
    using Batch = Pulled<Node, Positions>;

    PullNode(Counted<GraphCore> const& owner, Label const& where, Source from)
        : InputNode(owner, where, takesBound<Source> ? owner->rateLimit() : Counted<RateLimit>{}), source(static_cast<Source&&>(from))
    {
    }
    SLUICE_COLD ~PullNode() override { stop(); }

    SLUICE_COLD void start() override
    {
        if constexpr (requires { source.start(); }) {
            try {
                source.start();
            } catch (...) {
                failIn(label);
            }
        }
        started = true;
    }

    SLUICE_COLD void stop() override
    {
        if (!std::exchange(started, false)) return;
        if constexpr (requires { source.stop(); }) {
            try {
                source.stop();
            } catch (...) {  // it has ended all the same
                graph->log({LogLevel::error, label, {}, errorText(std::current_exception())});
            }
        }
    }

    void fix(Time t) override
    {
        auto const slot = memo.findOr(t, [](auto&) {});
        slot->place = graph->place();
        if constexpr (takesBound<Source>) slot->most = bound();
        ask(t, *slot);
    }
    SLUICE_COLD void fixAgain(Time t) override
    {
        auto const slot = memo.find(t);
        if (slot && slot->failure) ask(t, *slot);
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const
    {
        auto slot = memo.find(t);
        if (!slot) return {};
        if (slot->failure) std::rethrow_exception(slot->failure);
        if (!slot->node) return {};
        return Batch{std::move(slot)};
    }

    [[nodiscard]] StreamInputInfo info(Time t) const override
    {
        StreamInputInfo told{id, 0, {}};
        auto const slot = memo.find(t);
        if (!slot) return told;
        told.numRecords = slot->records;
        if constexpr (Textual<Positions>) {
            if (slot->positions) appendText(told.description, *slot->positions);
        }
        if constexpr (requires(Positions const& positions) { positions.lag(); }) {
            if (slot->positions) told.lag = slot->positions->lag();
        }
        return told;
    }

    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }
    [[nodiscard]] SLUICE_COLD Counted<CheckpointedPart> checkpointed() override
    {
        if constexpr (isRestorable<Source>) return makeCounted<PositionKeeper<PullNode>>(*this);
        else return {};
    }

    Source source;
    std::vector<std::pair<Time, std::string>> unfinished;  // batches of another process, and where they ended
    std::mutex asking;                                     // what is tried again is asked by the thread of the jobs
    bool started = false;
    Memo<PulledBatch<Node, Positions>> memo;

private:
    /// What it leaves of its share is not saved.
    [[nodiscard]] SLUICE_COLD std::int64_t bound()
    {
        if (!rateLimit) return INT64_MAX;
        auto const share = rateLimit->share();
        rateLimit->open();
        return share;
    }

    void ask(Time t, PulledBatch<Node, Positions>& slot)
    {
        std::lock_guard const lock{asking};
        slot.failure = nullptr;
        try {
            try {
                pull(t, slot);
            } catch (...) {
                failIn(label);
            }
        } catch (...) {  // it belongs to the batch: who asks for that gets it
            slot.node.reset();
            slot.failure = std::current_exception();
        }
    }

    void pull(Time t, PulledBatch<Node, Positions>& slot)
    {
        auto batch = next(t, slot.most);
        if constexpr (isRestorable<Source>) slot.end = source.position();
        if constexpr (isRDD<decltype(batch)>) slot.node.emplace(std::move(batch).node());
        else if (batch) slot.node.emplace((*std::move(batch)).node());
        if (!slot.node) return;
        if constexpr (!std::is_same_v<Positions, NoPositions>) slot.positions.emplace(source.positions(t));
        if constexpr (requires { source.numRecords(t); }) slot.records = static_cast<std::int64_t>(source.numRecords(t));
        else if constexpr (detail::Counts<Node>) knowRecords(slot);
    }
    /// What it gives, or has given in another process.
    auto next(Time t, std::int64_t most)
    {
        if constexpr (isRepeatable<Source>) {
            for (auto const& [time, end] : unfinished) {
                if (time == t) return source.batch(t, std::string_view{end});
            }
        }
        return pulledFrom(source, t, most);
    }

    SLUICE_COLD static void knowRecords(PulledBatch<Node, Positions>& slot)
    {
        auto const size = static_cast<std::int64_t>(slot.node->size());
        if (size > 0) slot.records = size;
    }
};

/// For the sources that are made of one that is pulled from.
template <class Source>
auto pullFrom(Graph const& graph, Label const& label, Source source)
{
    auto node = addInput<PullNode<Source>>(graph, label, static_cast<Source&&>(source));
    if constexpr (requires { node->source.about(); }) graph.core()->tellOfStep(node->stepId, aboutOf(node->source));
    return streamOf(SharedNode<PullNode<Source>>{std::move(node)});
}

}  // namespace detail

/// A stream of the batches that a source of your own gives when it is asked for them: at each tick
/// `source.batch(Time)`, which returns an RDD, or a `std::optional` of one: nothing is *no RDD*. The RDD is any
/// expression, and runs on the context's workers. A function of the time is a source, too.
///
/// The source is moved into the stream, and called by one thread at a time. Optional members: `start()` and `stop()`,
/// when the context does, in the thread that starts or stops that: no deadline ends a `stop()` that waits; `positions(Time)`,
/// asked right behind `batch`: where the batch stands in the source, of any type. It belongs to the batch: `positionsOf(rdd)`
/// gives it to the first operator, listeners see its text as `StreamInputInfo::description`, and what its member `lag()` gives, if it has
/// one, as `StreamInputInfo::lag`; `numRecords(Time)`, for listeners, where the RDD is not one of records in memory, which are counted;
/// `about()`, which tells by a text what is read, as drawings show it (`describe`).
///
/// A source that has `batch(Time, std::int64_t most)` instead is told how many records its batch may have, from the first one on: what
/// `Config::receiverMaxRate` and backpressure allow for one interval, which may be 0; where nothing limits it, and in an
/// `IntervalClock`, the greatest number. It is the source that has to keep to it. Backpressure looks at its records as listeners do.
///
/// Inputs are asked in the order in which they were made, in
/// the clock's thread: a long call delays the tick. What `batch` throws fails that batch alone, as a `StreamError` that names the
/// source, and is asked for again where the batch is tried again, in the thread of the jobs; what `start` throws fails the start.
/// Partitions and order: the RDD's.
///
/// ```cpp
/// struct Countdown {
///     int next = 3;
///     auto batch(Time)
///     {
///         --next;
///         return next > 0 ? std::optional{rdd(std::vector(2, next))} : std::nullopt;
///     }
///     int positions(Time) const { return next; }
/// };
/// IntervalClock clock{1s};
/// std::vector<int> seen;
/// pullStream(clock, Countdown{}) | foreachRDD([&](auto batch) {
///     seen.push_back(positionsOf(batch));
///     batch | foreach([&](int n) { seen.push_back(n); });
/// });
/// clock.poll(Time{0s});
/// clock.poll(Time{5s});
/// CHECK(seen == std::vector{2, 2, 2, 1, 1, 1});
/// ```
template <class Source>
[[nodiscard]] auto pullStream(Graph const& graph, Source source, CallSite at = CallSite::here())
{
    static_assert(
        detail::pullable<Source>,
        "sluice::pullStream(context, source): source must have batch(Time) or batch(Time, std::int64_t), or be a function of the time");
    if constexpr (!detail::pullable<Source>) {
        return detail::Refused{};
    } else if constexpr (!detail::pullsBatches<Source>()) {
        static_assert(detail::pullsBatches<Source>(),
                      "sluice::pullStream(context, source): batch(t) must return an RDD, or a std::optional of one");
        return detail::Refused{};
    } else {
        return detail::pullFrom(graph, {"pullStream", at}, static_cast<Source&&>(source));
    }
}

}  // namespace sluice::inline SLUICE_ABI
