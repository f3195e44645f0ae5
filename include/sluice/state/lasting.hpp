#pragma once

#include <sluice/batch/partitioner.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/stream/graph.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/once.hpp>

// What windows by key and states have in common. Each partition has a table, which lasts. A batch is one step of all tables: they
// change in place, and then all of them commit, or all are as before. A step is taken once, when the batch is updated or its
// records are asked for, whichever comes first.

namespace sluice::inline SLUICE_ABI::detail {

/// What a lasting node holds of one partition. To commit and to undo throws nothing.
struct LastingTable {
    LastingTable() = default;
    LastingTable(LastingTable const&) = delete;
    LastingTable& operator=(LastingTable const&) = delete;
    virtual ~LastingTable() = default;

    virtual void commit() noexcept = 0;
    virtual void undo() noexcept = 0;
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;  // keys
    [[nodiscard]] virtual std::size_t bytes() const = 0;
};

/// Of keys that were removed those leave for which leaves(key) says so.
template <class Keys, class Leaves>
SLUICE_COLD void forgetRemoved(Keys& removed, Leaves const& leaves)
{
    Keys kept;
    kept.reserve(removed.size());
    for (auto& key : removed) {
        if (!leaves(std::as_const(key))) kept.push_back(std::move(key));
    }
    kept.swap(removed);
}

/// The tables of all partitions.
class LastingTables {
public:
    LastingTables() = default;
    ~LastingTables() { clear(); }

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] LastingTable& operator[](std::size_t p) const noexcept { return *all_[p]; }
    [[nodiscard]] auto begin() const noexcept { return all_.begin(); }
    [[nodiscard]] auto end() const noexcept { return all_.end(); }

    /// Up to so many, of which make() gives each.
    template <class Make>
    void fill(std::size_t n, Make&& make)
    {
        all_.reserve(n);
        while (all_.size() < n) all_.push_back(make());
    }
    [[gnu::cold]] void clear() noexcept;
    void swap(LastingTables& other) noexcept { all_.swap(other.all_); }

private:
    List<LastingTable*> all_;
};

struct SteppedNode;

/// What one batch does with the tables of a SteppedNode.
struct LastingStep : Disposable {
    LastingStep() = default;
    LastingStep(LastingStep const&) = delete;
    LastingStep& operator=(LastingStep const&) = delete;

    SteppedNode* node = nullptr;  // until the step is taken
    Time time;
    bool abandoned = false;
    std::size_t count = 0;  // of partitions
    Partitioning cut;
    EnginePlace runsAt;
    Once once;

    [[nodiscard]] std::size_t partitions() const { return count; }
    [[nodiscard]] Partitioning const& partitioning() const { return cut; }
    [[nodiscard]] EnginePlace const& place() const { return runsAt; }
    void prepare();

    /// Lets go of the batch, and keeps the memory for another one.
    SLUICE_INLINE virtual void clear();
};

/// A step that gives records: a Part for each partition, whose memory is used again.
template <class Base, class Part>
struct PartsStep : Base {
    using Entry = std::remove_cvref_t<decltype(*std::declval<Part const&>().data())>;

    [[nodiscard]] Part& part(std::size_t p) const { return parts_[p]; }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return this->once.done() && parts_[p].size() == 0; }

    /// As many empty ones as there are partitions.
    void makeParts()
    {
        if (parts_.size() != this->count) Row<Part>(this->count).swap(parts_);
        clearParts();
    }
    std::size_t clearParts()
    {
        std::size_t entries = 0;
        for (auto& part : parts_) {
            entries += part.size();
            part.clear();
        }
        return entries;
    }
    void clear() override
    {
        if (slack_.isFar(clearParts() * sizeof(Entry))) Row<Part>{}.swap(parts_);
        Base::clear();
    }

private:
    Row<Part> parts_;
    Slack slack_;
};

/// The node of an operator that has such tables. What an operator does in a step, in this order: ask, begin, idle and take, meet, done.
struct SteppedNode : LastingNode {
    SteppedNode(Counted<GraphCore> const& owner, Label const& where, Duration slide, AnyMemo::Kind const& kind)
        : LastingNode(owner, where), slides(slide), memo_(kind)
    {
    }
    [[gnu::cold]] ~SteppedNode() override { letGo(); }

    [[nodiscard]] Duration slide() const { return slides; }
    SLUICE_INLINE void update() final;
    SLUICE_INLINE void abandon() final;
    SLUICE_INLINE void evict(Time upTo) final;
    [[nodiscard]] SLUICE_INLINE StreamHeldInfo held() const final;

    /// All partitions take the step, or none.
    void run(LastingStep& step);

    Duration slides;
    LastingTables tables;

protected:
    /// The step of batch t, which is due now: null where there is none.
    [[nodiscard]] Counted<LastingStep> stepOf(Time t);
    /// A new one: plan(step) says what is to be known of it, and its place is known then.
    template <class Plan>
    Counted<LastingStep> newStep(Time t, Plan&& plan)
    {
        return newStep(t, [](void* f, LastingStep& step) { (*static_cast<std::remove_reference_t<Plan>*>(f))(step); }, &plan);
    }
    /// No step is taken any more.
    void letGo() noexcept;

    /// Asks the stream before it for batch t: its newStep, or null where there is none.
    virtual Counted<LastingStep> ask(Time t) = 0;
    /// Before the partitions take it: there must be tables then.
    virtual void begin(LastingStep& step) = 0;
    /// Whether partition p has nothing to do.
    [[nodiscard]] virtual bool idle(LastingStep const& step, std::size_t p) const = 0;
    virtual void take(LastingStep& step, std::size_t p) = 0;
    /// What partitions have for each other.
    virtual void meet(LastingStep&) {}
    /// All have taken it, and committed; or what some have done is undone.
    virtual void done(LastingStep& step, bool taken) noexcept = 0;

private:
    Counted<LastingStep> newStep(Time t, void (*plan)(void* context, LastingStep& step), void* context);

    AnyMemo memo_;
    Counted<LastingStep> current_;  // the newest one
    Time latest_{Duration::min()};
    bool due_ = false;
};

#ifdef SLUICE_COMPILED
extern template class Counted<LastingStep>;  // <sluice/compiled.cpp>
#endif

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/state/lasting.ipp>
#endif
