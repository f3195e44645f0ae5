#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/error.hpp>
#include <sluice/stream/checkpointing.hpp>
#include <sluice/stream/event.hpp>
#include <sluice/stream/rate_limit.hpp>
#include <sluice/stream/time.hpp>

// What a graph consists of. Nodes know their graph, and enter it when they are made: see there.
//
// The life of a batch, in its order, by the words that all of the engine uses:
//
//   fix       its tick: what inputs have received until now belongs to it
//   begin     it is the next: what has been replaced since, the value of a replaceableBroadcast, changes now
//   plan      outputs ask their streams for their batch, at(t), and so on up to the inputs; what lasts is due then
//   update    what is due, a window or a state, takes its step; abandon: no step is taken. A step has words of its own: begin, take
//             each partition, meet, then commit or undo
//   run       the jobs of its outputs; where they read what an exchange or a cache makes, prepare makes it, once
//   retry     what has failed, to plan, a step or a job, is tried again as often as Config::onBatchFailure says
//   skip      it has failed for good, or the context was stopped before it: what it had is lost, and that is told
//   commit    it is over, in the order of batches: finish tells inputs, and what begin told
//   evict     what no later batch needs is let go
//
// Listeners are told of it in Spark's words: submitted when it is planned, completed when its jobs are done.

namespace sluice::inline SLUICE_ABI::detail {

class GraphCore;

/// A part of the graph, which lasts longer than a batch: an input, an operator on a stream that makes records meet, keeps them or is
/// to be asked once a batch, and what stands behind a DStream<T>. A narrow operator is none, but a value in its stream: see Stage.
struct StreamNode : GoesInTurn {
    StreamNode(Counted<GraphCore> const& owner, Label const& where);
    StreamNode(StreamNode const&) = delete;
    StreamNode& operator=(StreamNode const&) = delete;
    ~StreamNode() override;

    /// Let go of the results of batches up to this time.
    virtual void evict(Time upTo) = 0;
    virtual void rename(char const* name);

    Counted<GraphCore> graph;
    Label label;
    std::size_t number = 0;  // in order of creation
    std::size_t stepId = 0;  // which of the graph's drawn steps it belongs to
};

/// An operator that a user wrote, as drawings show it. What is narrow runs in the loop of what stands behind it.
struct DrawnStep {
    enum Kind { input, narrow, node, output };

    Kind kind;
    Label label;
    std::size_t depth = 0;        // operators on the way to it from a source, where they are most
    char const* about = nullptr;  // what a source reads, or an output writes to: `topic words`, as text that lasts; null: nothing is told
};

/// A node that holds records, or what was made of them, of which listeners are told.
struct HoldingNode : StreamNode {
    using StreamNode::StreamNode;

    /// What it holds now.
    [[nodiscard]] virtual StreamHeldInfo held() const = 0;

    /// Whether later batches depend on it.
    [[nodiscard]] virtual bool lasts() const { return false; }
    /// What keeps it; null where nothing does.
    CheckpointedPart* keeper = nullptr;

protected:
    /// Of so many keys or records, by its name.
    [[nodiscard]] SLUICE_COLD StreamHeldInfo heldInfo(std::size_t keys, std::size_t bytes) const
    {
        return {label.name != nullptr ? label.name : where(label), keys, bytes};
    }
};

/// A node whose results depend on earlier batches: a window, a state. It takes part in each batch in which it is asked
/// for its result, on the grid of its slide or not: it asks its upstream for that batch then, and is due. What is due is
/// updated once in the batch, upstream first, before the outputs run.
struct LastingNode : HoldingNode {
    using HoldingNode::HoldingNode;

    [[nodiscard]] bool lasts() const override { return true; }

    /// The step of the batch that it was asked for. What it throws leaves it as it was before the batch; called again, it
    /// tries again.
    virtual void update() = 0;

    /// There will be no step of that batch.
    virtual void abandon() = 0;
};

/// A node that brings records in.
struct InputNode : StreamNode {
    InputNode(Counted<GraphCore> const& owner, Label const& where, Counted<RateLimit> most = {})
        : StreamNode(owner, where), rateLimit(static_cast<Counted<RateLimit>&&>(most))
    {
    }

    virtual void start() {}
    virtual void stop() {}

    /// Takes no more records; whoever waits to store one stops waiting.
    virtual void silence() {}

    /// The tick of batch t: what has come until now belongs to it. Short, and in the clock's thread.
    virtual void fix(Time t) = 0;

    /// Batch t could not be planned, and is tried again: what failed for it is asked again.
    virtual void fixAgain(Time) {}

    /// What batch t has of this input.
    [[nodiscard]] virtual StreamInputInfo info(Time t) const = 0;

    /// Batch t is done, or never will be: what it held may leave.
    virtual void finish(Time) {}

    /// Whether records came that belong to no batch yet, and how many.
    [[nodiscard]] virtual bool hasWaiting() const { return false; }
    [[nodiscard]] virtual std::int64_t waiting() const { return 0; }

    /// Whether somebody who stores waits for a batch.
    [[nodiscard]] virtual bool isBlocked() { return false; }

    /// What it keeps of batches that are remembered; without a name where that is not its affair.
    [[nodiscard]] virtual StreamHeldInfo held() const { return {}; }

    /// How many records it has taken since it was made.
    [[nodiscard]] virtual std::int64_t received() const { return 0; }

    /// What a context runs on a thread of its own; null where nothing is to be run.
    [[nodiscard]] virtual struct ReceiverTask* receiver() { return nullptr; }

    /// How it goes on where it stood after another start; null: it begins anew.
    [[nodiscard]] virtual Counted<CheckpointedPart> checkpointed() { return {}; }

    std::size_t id = 0;                  // among the inputs, from 0
    Counted<RateLimit> rateLimit;        // of what it may take into a batch; null: none
    CheckpointedPart* keeper = nullptr;  // of what it has received, which the graph holds; null: nobody keeps that
};

/// An output: one job in each batch in which its stream has an RDD.
struct OutputNode : Disposable {
    OutputNode(Label const& where) : label(where) {}
    OutputNode(OutputNode const&) = delete;
    OutputNode& operator=(OutputNode const&) = delete;

    /// Plans the job of batch t; false where the stream has no RDD then. Planning it again gives the same.
    virtual bool plan(Time t) = 0;
    virtual void run(Time t) = 0;
    /// Lets go of the planned batch.
    virtual void clear() = 0;

    Label label;
    std::size_t id = 0;                   // in order of registration
    struct FreedHandler* jobs = nullptr;  // where several batches are on their way at once

protected:
    /// Said by run() when it has moved the planned batch out, and only reads from then on: while it goes on, another batch may be
    /// planned here, and run.
    void freed();
};

/// Who runs the jobs of several batches at once.
struct FreedHandler {
    virtual void freed(std::size_t output) = 0;

protected:
    ~FreedHandler() = default;
};

inline void OutputNode::freed()
{
    if (jobs != nullptr) jobs->freed(id);
}

/// What is told of each batch before it is planned, and when it is done: in the order of batches.
struct BatchScoped : Disposable {
    virtual void begin(Time t) = 0;
    virtual void finish(Time t) = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
