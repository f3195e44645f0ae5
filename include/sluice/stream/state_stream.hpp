#pragma once

#include <sluice/batch/partitioner.hpp>
#include <sluice/stream/graph.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/once.hpp>
#include <sluice/stream/stage.hpp>

#include <vector>

// What the operators with state have in common: one step a batch, which changes the node's tables in place, all partitions
// of them or none; and the states after that step as a batch, which are read where they stand. Who still has such a batch
// when the next step comes is given a copy.

namespace sluice::inline SLUICE_ABI::detail {

/// Many read, or one changes what they read.
class ReadGate {
public:
    /// read(), while nobody changes anything. One that reads may read again.
    template <class Read>
    decltype(auto) reading(Read&& read)
    {
        unsigned n = readers_.load(std::memory_order_relaxed);
        for (;;) {
            if (n == closed) {
                waitWhile<unsigned>(readers_, closed);
                n = readers_.load(std::memory_order_relaxed);
            } else if (readers_.compare_exchange_weak(n, n + 1, std::memory_order_acquire)) {
                break;
            }
        }
        struct Leave {
            ReadGate& gate;
            ~Leave()
            {
                if (gate.readers_.fetch_sub(1, std::memory_order_release) == 1) notifyAll(gate.readers_);
            }
        } const leave{*this};
        return read();
    }

    /// change(), while nobody reads.
    template <class Change>
    void changing(Change&& change)
    {
        for (unsigned none = 0; !readers_.compare_exchange_weak(none, closed, std::memory_order_acquire); none = 0) {
            if (none != 0) waitWhile<unsigned>(readers_, none);
        }
        struct Open {
            ReadGate& gate;
            ~Open()
            {
                gate.readers_.store(0, std::memory_order_release);
                notifyAll(gate.readers_);
            }
        } const open{*this};
        change();
    }

private:
    static constexpr unsigned closed = ~0U;
    std::atomic<unsigned> readers_{0};
};

/// The states after a batch, partition by partition. `Tables` has size(), each(p, from, sink) and copy(p), which is a vector of
/// pairs.
template <class Tables>
class StatesAfter {
public:
    using Entry = typename Tables::Entry;

    explicit StatesAfter() = default;

    void show(Tables const& tables)
    {
        tables_ = &tables;
        copies_.clear();
    }
    void share() { shown_ = true; }

    /// The tables are about to change; others may still read this.
    void leave(bool mayBeRead)
    {
        if (tables_ == nullptr) return;
        if (!shown_ || !mayBeRead) {
            tables_ = nullptr;
            return;
        }
        std::vector<std::vector<Entry>> copies;
        for (std::size_t p = 0; p < tables_->size(); ++p) copies.push_back(tables_->copy(p));
        gate_.changing([&] {
            copies_.swap(copies);
            tables_ = nullptr;
        });
    }

    /// The same where the tables go. What there is no memory to keep is gone for those who read this later, and they are told so.
    void leaveLast(bool mayBeRead) noexcept
    {
        try {
            leave(mayBeRead);
        } catch (...) {
            gate_.changing([&] {
                tables_ = nullptr;
                gone_ = true;
            });
        }
    }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink)
    {
        return gate_.reading([&] {
            if (tables_ != nullptr) return tables_->each(p, from, sink);
            if (gone_) throw StreamError{"sluice: there was no memory to keep the states of this batch when their context went"};
            auto const& entries = copies_.at(p);
            return from < entries.size() ? from + pushSpan(entries.data() + from, entries.size() - from, sink).count : from;
        });
    }
    [[nodiscard]] bool isEmpty(std::size_t p)
    {
        return gate_.reading([&] { return tables_ != nullptr ? tables_->isEmpty(p) : !gone_ && (copies_.empty() || copies_[p].empty()); });
    }
    void clear()
    {
        tables_ = nullptr;
        copies_.clear();
        shown_ = false;
    }

private:
    Tables const* tables_ = nullptr;  // while they are what they were
    std::vector<std::vector<Entry>> copies_;
    ReadGate gate_;
    bool shown_ = false;
    bool gone_ = false;
};

/// One batch of a state: the step that it takes, and the states after it.
template <class Node>
struct StateStep : RefCounted {
    Node* node = nullptr;  // until it is done
    Time time;
    bool givenUp = false;
    std::optional<typename Node::UpBatch> up;
    Partitioning partitioning;
    EnginePlace place;
    StatesAfter<typename Node::Tables> states;
    typename Node::Result result{};
    Once once;

    void prepare()
    {
        once.run([this] {
            if (givenUp || node == nullptr) throw StreamError{"sluice: a state that could not be brought up to this batch"};
            node->run(*this);
        });
    }
    void clear()
    {
        node = nullptr;
        up.reset();
        states.clear();
        result.clear();
        givenUp = false;
        once.reset();
    }
};

/// The states after a batch, as records (K, S).
template <class Step>
class StateBatch {
public:
    using Record = typename decltype(Step::states)::Entry const&;
    static constexpr bool stored = true;
    static constexpr bool stable = true;

    explicit StateBatch(Counted<Step> step) : step_(std::move(step)) { step_->states.share(); }

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return step_->partitioning.partitions; }
    [[nodiscard]] Partitioning partitioning() const { return step_->partitioning; }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return step_->once.done() && step_->states.isEmpty(p); }
    [[nodiscard]] EnginePlace place() const { return step_->place; }
    void prepare() const { step_->prepare(); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return step_->states.each(p, from, sink);
    }

private:
    Counted<Step> step_;
};

/// The node of an operator with state, behind batches of which each key stands in one partition. `Self` has
///
///   Tables, Result              its tables, and what a step has to give besides them
///   start(n)                    n tables, once
///   idle(step, p)               whether partition p has nothing to do in this step
///   begin(step)                 before the partitions take it
///   take(step, p)               partition p takes the step
///   meet(step)                  optional: what partitions have for each other
///   commit(), undo()            all have, or not; these do not throw
template <class Self, class Up>
struct StateNode : LastingNode {
    using UpBatch = typename Up::Batch;

    StateNode(Counted<GraphCore> const& owner, Label const& where, Up upstream)
        : LastingNode(owner, where), up(static_cast<Up&&>(upstream)), slides(up.slide())
    {
    }

    [[nodiscard]] Duration slide() const { return slides; }
    [[nodiscard]] SLUICE_COLD StreamHeldInfo held() const override
    {
        std::size_t keys = 0;
        std::size_t bytes = 0;
        for (auto const* table : static_cast<Self const&>(*this).tables.all) {
            keys += table->size();
            bytes += table->bytes();
        }
        return heldInfo(keys, bytes);
    }

    /// The step of batch t, which is due now: null where there is none.
    template <class Step>
    Counted<Step> stepAt(Time t, Memo<Step>& memo, Counted<Step>& current, bool withoutBatch)
    {
        auto step = memo.find(t);
        if (!step) {
            if (t <= latest) return {};  // forgotten
            graph->requireReached(label, t);
            auto batch = up.at(t);
            if (!graph->isValid(t, slides)) return {};
            if (!batch && !withoutBatch) return {};
            step = memo.findOr(t, [&](Step& fresh) { describe(fresh, t, std::move(batch)); });
            current = step;
            latest = t;
        }
        if (step == current && !due && !step->once.done()) {
            graph->addDue(*this);
            due = true;
            step->givenUp = false;
        }
        return step;
    }

    /// All partitions take the step, or none.
    template <class Step>
    void run(Step& step, Counted<Step>& live)
    {
        if (step.up) step.up->prepare();
        if (!started) self().start(partitioning.partitions);
        started = true;
        if (live) live->states.leave(!live.unique());
        live = {};
        self().begin(step);
        try {
            step.place.run(
                partitioning.partitions, [&](std::size_t p) { return self().idle(step, p); },
                [&](std::size_t p) { self().take(step, p); });
            if constexpr (requires { self().meet(step); }) self().meet(step);
        } catch (...) {
            self().undo();
            step.result.clear();
            throw;
        }
        self().commit();
        step.up.reset();
        step.states.show(self().tables);
    }

    Up up;
    Duration slides;
    Partitioning partitioning;  // once it is known
    Time latest{Duration::min()};
    bool due = false;
    bool begun = false;    // there has been a batch
    bool started = false;  // there are tables

private:
    [[nodiscard]] Self& self() { return static_cast<Self&>(*this); }

    template <class Step, class Batch>
    void describe(Step& step, Time t, std::optional<Batch> batch)
    {
        step.node = &self();
        step.time = t;
        step.place = graph->place();
        if (!partitioning) partitioning = self().told() ? self().told() : Partitioning{step.place.defaultPartitions()};
        step.partitioning = partitioning;
        begun = begun || batch;
        step.up = std::move(batch);
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
