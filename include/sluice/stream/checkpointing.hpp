#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/error.hpp>
#include <sluice/stream/time.hpp>

#include <string>
#include <string_view>

// What lasts across the ends of a process: the seam between the graph and who keeps it, <sluice/checkpoint.hpp>, which is there only
// where a program asks for it.

namespace sluice::inline SLUICE_ABI::detail {

class GraphCore;
class CheckpointEntries;
class RecordMemory;

/// Where a part of the graph writes what has changed of it, by key, as bytes.
struct CheckpointSink {
    virtual void put(std::string_view key, std::string_view value) = 0;
    virtual void remove(std::string_view key) = 0;
    /// All that was written before counts no more.
    virtual void reset() = 0;
    /// Entries that are encoded already, behind what was written.
    virtual void take(CheckpointEntries&& entries) = 0;

    RecordMemory* memory = nullptr;  // for such; null: the allocator's

protected:
    ~CheckpointSink() = default;
};

/// Some keys of a part, as bytes.
struct CheckpointedKeys {
    [[nodiscard]] virtual bool include(std::string_view key) const = 0;

protected:
    ~CheckpointedKeys() = default;
};

/// A part of the graph that is kept: a state, or where an input stands.
struct CheckpointedPart : Disposable {
    CheckpointedPart() = default;
    CheckpointedPart(CheckpointedPart const&) = delete;
    CheckpointedPart& operator=(CheckpointedPart const&) = delete;

    /// As errors name it, and the name by which it is found again: empty where nobody gave it one.
    [[nodiscard]] virtual Label const& label() const = 0;
    [[nodiscard]] virtual std::string name() const = 0;
    /// The schemas of keys and values, encoded.
    [[nodiscard]] virtual std::string keySchema() const { return {}; }
    [[nodiscard]] virtual std::string valueSchema() const { return {}; }

    /// Before the first batch, in this order: open, with the last batch that was done and the schemas that the entries were written with,
    /// load for each, and loaded.
    virtual void open(Time last, std::string_view keySchema, std::string_view valueSchema) = 0;
    virtual void load(std::string_view key, std::string_view value) = 0;
    virtual void loaded() {}

    /// Batch t is done: writes what it has changed. `whole`: what comes is written at once for several batches, so who knows what all of
    /// them have changed may have waited until now. Of inputs also before the first batch, with the last one that was done in another
    /// process: what they begin with is known then, although no batch of theirs is done.
    virtual void save(Time t, bool whole, CheckpointSink& to) = 0;

    /// Of inputs: what batch t has, so that after the next start it has the same again. False: nothing is known of it.
    [[nodiscard]] virtual bool begun(Time, std::string&) { return false; }
    /// Before the first batch, for those that were not finished.
    virtual void replay(Time, std::string_view) {}
    /// What save has written up to batch t lasts.
    virtual void lasts(Time) {}

    /// Why its entries cannot come and go key by key, as an error says it; null: they can. Then, between batches of a running context, and in
    /// the graph's turn, keys may leave, and open, load for each, and loaded, may bring others. What is loaded was written where the keys were
    /// before, and is no change here, unless it was written with other schemas: then it is one, so that it is written with those of today.
    [[nodiscard]] virtual char const* stays() const { return "its keys cannot be divided among processes"; }
    /// These keys are here no longer, as if they had never been: nobody is told of it, and it is no change.
    virtual void forget(CheckpointedKeys const&) {}
    /// As save, for a sink that takes one entry after another, and is not reset: what was removed is told, too. It was opened before its first
    /// batch.
    virtual void saveChanges(CheckpointSink&) {}

    /// Of what jobs change at once: what comes belongs to another attempt at a step of a batch than what came; or that attempt has failed,
    /// and what it has changed was not.
    virtual void attempt(bool /*failed*/) {}
    [[nodiscard]] virtual bool toldAttempts() const { return false; }  // what comes has to be told apart by it

    /// Of inputs whose records are written down.
    [[nodiscard]] virtual class ReceivedPart* received() { return nullptr; }
};

struct RunningBatch;
struct SchedulerOwner;

/// What takes part in the commit of each batch, whose jobs are over: the batch fails where that does.
struct BatchCommit {
    virtual void end(RunningBatch& batch, SchedulerOwner& owner) = 0;
    /// Null where it takes none.
    [[nodiscard]] virtual class TransactionalSinks* sinks() { return nullptr; }

protected:
    ~BatchCommit() = default;
};

/// Who keeps a graph.
struct Checkpointing : Disposable {
    /// Batch times are zero + k * interval; `next` is the first that is not done.
    struct Grid {
        Time zero;
        Time next;
    };

    /// Where.
    [[nodiscard]] virtual std::string const& directory() const = 0;

    /// Once, when all has been added and nothing has started. A first start begins the grid at `zero`.
    virtual Grid start(GraphCore& graph, Time zero) = 0;
    /// Inputs are about to fix what batch t has: in the thread of the clock, which it may hold up.
    virtual void beforeFix(Time) {}
    /// Inputs have fixed what batch t has.
    virtual void begun(Time t) = 0;
    /// What batch t has lasts: it may have effects.
    virtual void awaitBegun(Time t) = 0;
    /// Batch t is done, in the order of batches.
    virtual void committed(Time t) = 0;
    /// A batch was not done, and will not be in this process: neither are those behind it.
    virtual void close() noexcept = 0;
    /// Returns when what was committed lasts.
    virtual void stop() = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
