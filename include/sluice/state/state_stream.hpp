#pragma once

#include <sluice/batch/slab.hpp>
#include <sluice/batch/stored_batch.hpp>
#include <sluice/state/lasting.hpp>
#include <sluice/stream/stage.hpp>

// What the operators with state have in common besides the steps of a lasting node: the states after a batch are a batch, too, which
// is read where they stand. Who still has it when the next step comes is given a copy.

namespace sluice::inline SLUICE_ABI::detail {

/// Many read, or one changes what they read.
class ReadGate {
public:
    /// While it lasts nobody changes anything. One that reads may read again.
    class Reading {
    public:
        explicit Reading(ReadGate& gate);
        Reading(Reading const&) = delete;
        Reading& operator=(Reading const&) = delete;
        ~Reading();

    private:
        ReadGate& gate_;
    };
    /// While it lasts nobody reads.
    class Changing {
    public:
        explicit Changing(ReadGate& gate);
        Changing(Changing const&) = delete;
        Changing& operator=(Changing const&) = delete;
        ~Changing();

    private:
        ReadGate& gate_;
    };

private:
    static constexpr unsigned closed = ~0U;
    std::atomic<unsigned> readers_{0};
};

/// The states after a batch, partition by partition. `Table` has entries(), which are of its type Pair, or derive from that.
template <class Table>
class StatesAfter {
public:
    using Entry = typename Table::Pair;
    using Held = typename Table::Entry;

    void show(LastingTables const& tables)
    {
        tables_ = &tables;
        Row<Slab<Held>>{}.swap(copies_);
    }
    void share() { shown_ = true; }

    /// The tables are about to change; others may still read this.
    void leave(bool mayBeRead)
    {
        if (tables_ == nullptr) return;
        if (shown_ && mayBeRead) return keep();  // behind the gate, which is open again when this returns
        tables_ = nullptr;
        if (mayBeRead)
            gone_ = "sluice: nobody asked for the states of this batch before the next one: an output that has them each time does";
    }

    /// As leave(), where the tables go. What there is no memory to keep is gone for those who read this later, and they are told so.
    void leaveLast(bool mayBeRead) noexcept
    {
        try {
            leave(mayBeRead);
        } catch (...) {
            ReadGate::Changing const changing{gate_};
            tables_ = nullptr;
            gone_ = "sluice: there was no memory to keep the states of this batch when their context went";
        }
    }

    template <class Sink>
    std::size_t read(std::size_t p, std::size_t from, Sink& sink)
    {
        ReadGate::Reading const reading{gate_};
        if (gone_ != nullptr) throw StreamError{gone_};
        auto const& entries = tables_ != nullptr ? tableAt(p).entries() : copies_[p];
        if constexpr (std::is_same_v<Held, Entry>) {
            return entries.eachSpan(from, [&](Entry const* held, std::size_t n) { return pushSpan(held, n, sink); });
        } else {
            Sink local = std::move(sink);
            auto const to = entries.eachSpan(from, [&](Held const* held, std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) {
                    if (!local(static_cast<Entry const&>(held[i]))) return Taken{i + 1, false};
                }
                return Taken{n, true};
            });
            sink = std::move(local);
            return to;
        }
    }
    [[nodiscard]] bool isEmpty(std::size_t p)
    {
        ReadGate::Reading const reading{gate_};
        return tables_ != nullptr ? (*tables_)[p].size() == 0 : gone_ == nullptr && (copies_.size() == 0 || copies_[p].size() == 0);
    }
    void clear()
    {
        tables_ = nullptr;
        Row<Slab<Held>>{}.swap(copies_);
        shown_ = false;
        gone_ = nullptr;
    }

private:
    [[nodiscard]] Table const& tableAt(std::size_t p) const { return static_cast<Table const&>((*tables_)[p]); }

    SLUICE_COLD void keep()
    {
        Row<Slab<Held>> copies(tables_->size());
        for (std::size_t p = 0; p < copies.size(); ++p) {
            auto const& entries = tableAt(p).entries();
            copies[p].reserve(entries.size());
            entries.eachSpan(0, [&](Held const* held, std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) copies[p].add([&]() -> Held { return held[i]; });
                return Taken{n, true};
            });
        }
        ReadGate::Changing const changing{gate_};
        copies_.swap(copies);
        tables_ = nullptr;
    }

    LastingTables const* tables_ = nullptr;  // while they are what they were
    Row<Slab<Held>> copies_;
    ReadGate gate_;
    bool shown_ = false;
    char const* gone_ = nullptr;  // what who reads them is told
};

/// One batch of a state, and the states after it.
template <class Table>
struct StateStep : LastingStep {
    using Entry = typename Table::Pair;

    StatesAfter<Table> states;

    SLUICE_COLD ~StateStep() override = default;
    void clear() override
    {
        states.clear();
        LastingStep::clear();
    }
};

/// The states after a batch, as records (K, S).
template <class Table>
class StateBatch : public SharedBatch<StateStep<Table>> {
public:
    explicit StateBatch(Counted<StateStep<Table>> step) : SharedBatch<StateStep<Table>>(std::move(step)) { this->owner_->states.share(); }

    [[nodiscard]] bool isEmpty(std::size_t p) const { return this->owner_->once.done() && this->owner_->states.isEmpty(p); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return this->owner_->states.read(p, from, sink);
    }
};

/// The node of an operator with state, behind batches of which each key stands in one partition. `Step` is a StateStep<Table>, or
/// derives from it.
template <class Table, class Up, class Step = StateStep<Table>>
struct StateNode : SteppedNode {
    using States = StateStep<Table>;

    StateNode(Counted<GraphCore> const& owner, Label const& where, Up upstream)
        : SteppedNode(owner, where, upstream.slide(), memoKind<Step, LastingStep>), up(std::move(upstream))
    {
    }
    SLUICE_COLD ~StateNode() override
    {
        letGo();
        if (live) live->states.leaveLast(!live.unique());
    }

    SLUICE_COLD void rename(char const* name) override
    {
        label.name = name;
        nameWithin(stepId, up, name);
    }

    /// The step of batch t, which is due now, as a Batch: nothing, until there is something.
    template <class Batch>
    [[nodiscard]] Maybe<Batch> batchAt(Time t)
    {
        Counted<Step> step{static_cast<Step*>(stepOf(t).get())};
        if (!step) return {};
        return Batch{std::move(step)};
    }

    /// Before the first batch, or between two, where the states of another process are to go on: tables for them. `told` is as in stepFor.
    template <class Make>
    void openKept(Partitioning const& told, Make&& make)
    {
        if (!partitioning_) partitioning_ = told ? told : Partitioning{this->graph->place().defaultPartitions()};
        tables.fill(partitioning_.partitions, make);
        leaveLive();
    }
    /// The tables are about to change between two batches: who still reads the states after the last one has a copy.
    void leaveLive()
    {
        if (live) live->states.leave(!live.unique());
        live = {};
    }

    Up up;
    Maybe<typename Up::Batch> batch;  // of the newest step, until that is taken
    Counted<States> live;             // the step whose states the tables are

protected:
    /// The step of a batch, or of none. `told` is how the operator was told to partition.
    Counted<LastingStep> stepFor(Time t, Maybe<typename Up::Batch> next, Partitioning const& told)
    {
        return newStep(t, [&](LastingStep& step) {
            if (!partitioning_) partitioning_ = told ? told : Partitioning{step.runsAt.defaultPartitions()};
            step.cut = partitioning_;
            step.count = partitioning_.partitions;
            batch = std::move(next);
        });
    }
    [[nodiscard]] Table& tableAt(std::size_t p) const { return static_cast<Table&>(tables[p]); }

    /// The tables are about to change.
    template <class Make>
    void open(std::size_t partitions, Make&& make)
    {
        if (batch) batch->prepare();
        tables.fill(partitions, make);
        leaveLive();
    }
    void close(LastingStep& step)
    {
        batch.reset();
        live = Counted<States>{static_cast<States*>(&step)};
        live->states.show(tables);
    }

private:
    Partitioning partitioning_;  // once it is known
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/state/state_stream.ipp>
#endif
