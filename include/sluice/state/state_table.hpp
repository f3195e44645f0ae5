#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/slab.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/state/lasting.hpp>
#include <sluice/state/state.hpp>

#include <bit>

// One file although it is long: an entry, its time-out and how it was before the batch are changed, and undone, together.

// The states of one partition. A batch begins, changes what it changes in place, and is committed or undone: of what it
// changes first it notes how it was, which is also what it can tell of afterwards.
//
// Time-outs: each key stands in one list, that of the interval in which it was touched when it was put there. To touch it
// again costs nothing: when that interval is over, the key moves to the list of its last touch, or times out. So a key that
// is not due is looked at once in a time-out, and once more where that is more than 64 intervals, or 64 times 64.

namespace sluice::inline SLUICE_ABI::detail {

/// Numbers by interval of time (slot): lists of one slot each for the next 64, of 64 slots each behind these, and so on, in a
/// hierarchical timing wheel (Varghese, Lauck, "Hashed and hierarchical timing wheels", SOSP 1987). So there are few lists,
/// however many slots there are in a time-out.
class DueLists {
public:
    using Slot = std::int64_t;

    struct Due {
        std::uint32_t number;
        std::uint32_t slot;  // its lower bits
    };
    /// The first so many of a list: those that were due. They stay where they are until they are dropped.
    struct Taken {
        std::size_t place;
        std::size_t count;
    };

    DueLists() = default;
    DueLists(DueLists const&) = delete;
    DueLists& operator=(DueLists const&) = delete;
    [[gnu::cold]] ~DueLists();

    /// Slots up to this one are over, and what was in their lists was taken.
    [[nodiscard]] Slot over() const noexcept { return over_; }

    /// Of a slot that is not over.
    void push(Slot slot, std::uint32_t number);
    void pop(Slot slot) noexcept;

    /// How many lists have numbers of slots up to this one, perhaps beside others of later ones.
    [[nodiscard]] std::size_t due(Slot upTo) const noexcept;
    /// Takes these: there is room for them. What they have of later slots is pushed again.
    void advance(Slot upTo, List<Taken>& taken) noexcept;
    [[nodiscard]] Due const* at(Taken taken) const noexcept { return listAt(taken.place).begin(); }
    void drop(Taken taken) noexcept;
    /// As it was before advance(), when what was pushed since was popped.
    void retreat(Slot over, List<Taken> const& taken) noexcept;

    /// Each Due for which keep(due) answers true stays, as that has changed it; memory that nothing needs is given back.
    template <class Keep>
    void prune(Keep&& keep) noexcept
    {
        for (std::size_t place = 0; place < levels * width; ++place) {
            if (levels_[place / width] == nullptr) continue;
            auto& list = listAt(place);
            std::size_t kept = 0;
            for (Due due : list) {
                if (keep(due)) list[kept++] = due;
            }
            while (list.size() > kept) list.pop_back();
            list.shrink();
            if (list.empty()) unmark(place);
        }
    }

    [[nodiscard]] std::size_t bytes() const;

private:
    static constexpr unsigned bits = 6;
    static constexpr std::size_t width = std::size_t{1} << bits;  // lists of a level
    static constexpr std::size_t levels = (64 + bits - 1) / bits;
    static constexpr std::size_t usual = 4;     // levels, for 16 million slots: more are made when they come
    static constexpr std::size_t longOne = 32;  // short ones alone are kept: in the end each would be as long as any ever was

    [[nodiscard]] static std::size_t digit(Slot slot, std::size_t level) noexcept
    {
        return static_cast<std::size_t>(slot) >> (level * bits) & (width - 1);
    }
    /// The highest digit in which the slot differs from those that are over.
    [[nodiscard]] std::size_t levelOf(Slot slot) const noexcept
    {
        return (static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(slot ^ over_) | 1)) - 1) / bits;
    }
    [[nodiscard]] std::size_t placeOf(Slot slot) const noexcept
    {
        auto const level = levelOf(slot);
        return level * width + digit(slot, level);
    }
    [[nodiscard]] List<Due>& listAt(std::size_t place) const noexcept { return levels_[place / width][place % width]; }
    [[gnu::cold]] void open(std::size_t level);
    void mark(std::size_t place) noexcept { filled_[place / width] |= std::uint64_t{1} << place % width; }
    void unmark(std::size_t place) noexcept { filled_[place / width] &= ~(std::uint64_t{1} << place % width); }

    /// The next list behind this place that may have slots up to this one, or none: the soonest first, all of the levels below that of
    /// the slot, and those of its level up to its own.
    static constexpr std::size_t none = ~std::size_t{0};
    [[nodiscard]] std::size_t nextDue(Slot upTo, std::size_t behind) const noexcept;

    List<Due>* levels_[levels] = {};     // the lists of those that were ever used
    std::uint64_t filled_[levels] = {};  // which of them have numbers
    List<Due> spare_[8];
    std::size_t spares_ = 0;
    Slot over_ = 0;
};

/// A StateTable, as far as it does not depend on what keys and states are.
class AnyStateTable : public LastingTable {
public:
    /// What is known of a key beside its state.
    struct Marks {
        Time touched;              // last
        std::uint32_t due = 0;     // the slot that it is listed for; 0: none
        std::uint32_t marked = 0;  // the batch that changed it first, and whether that removed it
    };

    [[nodiscard]] bool mayExpire() const { return timeout_ && lists_.due(slotOf(now_ - *timeout_ - Duration{1})) != 0; }

    /// The batch has done what it does here: what may fail of its commit.
    void ready();

    /// How many changes() tells.
    [[nodiscard, gnu::cold]] std::size_t countChanges() const;
    /// From now on changes() tells what batches have changed: since then, or since this was said again.
    void noteChanges() noexcept;
    [[nodiscard]] bool notesChanges() const noexcept { return notesChanges_; }

protected:
    static constexpr std::uint32_t gone = std::uint32_t{1} << 31;
    static constexpr std::size_t bytesAKey = 64;  // one number for all keys: where keys stand is the same on each machine

    /// An entry that a batch has changed, as it was; what has no state was not there.
    struct Noted {
        std::uint32_t number;
        bool hadState;
        Time touched;
    };

    // For commit(), undo() and bytes() of the StateTable. (Were those here, each file would compile them, with a state or not.)
    void commitAll() noexcept;
    [[gnu::cold]] void undoAll() noexcept;
    [[nodiscard, gnu::cold]] std::size_t bytesOfAll() const;

    AnyStateTable(std::optional<Duration> timeout, Duration slot);

    void begin(Time now);
    /// Said by the constructor: an entry begins with its Marks.
    void entriesAre(RawSlab& entries) { entries_ = &entries; }
    [[nodiscard]] Marks& marks(std::uint32_t number) const noexcept { return *static_cast<Marks*>(entries_->raw(number)); }

    /// timedOut(context, number) for each key that nothing has touched for longer than the time-out.
    void expire(void (*timedOut)(void* context, std::uint32_t number), void* context);
    /// A key that stands in the list of its touch.
    void list(std::uint32_t number);

    [[nodiscard]] bool isNoted(Marks const& entry) const noexcept { return (entry.marked & ~gone) == batch_; }
    /// Between batches: a key that is there has changed, where that is noted.
    [[gnu::cold]] void noteChanged(std::uint32_t number);
    /// Between batches: a key is here no longer, and changes() does not tell of it.
    [[gnu::cold]] void forgetNumber(std::uint32_t number) noexcept;
    /// Many may have been.
    [[gnu::cold]] void forgotten() noexcept;

    /// It has been noted.
    void go(std::uint32_t number, Marks& entry)
    {
        gone_.push_back(number);
        entry.marked = batch_ | gone;
    }

    /// Its entry has its state of before the batch again.
    virtual void restore(std::uint32_t number) noexcept = 0;
    /// Its key is known no more; perhaps changes() tells of that.
    virtual void remove(std::uint32_t number, bool told) noexcept = 0;
    /// There is room to tell of so many more.
    virtual void reserveRemoved(std::size_t more) = 0;
    virtual void clearRemoved() noexcept = 0;
    [[nodiscard]] virtual std::size_t countRemoved() const noexcept = 0;
    /// Entries take the first numbers, which it puts down by the old ones, and the memory of the rest goes. What it throws leaves all as
    /// it was.
    virtual void squeeze(std::uint32_t* numbers) = 0;

    std::optional<Duration> timeout_;
    Time now_;
    std::uint32_t batch_ = 0;
    bool notesChanges_ = false;
    List<std::uint64_t> changed_;  // where that is so: a bit for each number, of those that are there and have changed
    KeyIndex index_;
    List<Noted> log_;           // of this batch, in the order of first changes
    List<std::uint32_t> born_;  // by this batch, where keys time out

private:
    static constexpr std::size_t ahead = 12;

    struct Pushed {
        DueLists::Slot slot;
        std::uint32_t number;
    };

    /// Earlier ones than those that are over in the first batch are over then, too.
    [[nodiscard]] DueLists::Slot slotOf(Time t) const { return t - base_ < slot_ ? 1 : (t - base_) / slot_; }
    [[nodiscard]] DueLists::Slot slotToList(Time t) const
    {
        auto const slot = slotOf(t);
        return slot > lists_.over() ? slot : lists_.over() + 1;
    }
    void enlist(std::uint32_t number);
    void drop(std::uint32_t number) noexcept;
    void renumberChanges(std::uint32_t const* numbers) noexcept;
    /// There have been many more keys, or changes, than there are: the keys that are left take the first numbers, in their order. Where
    /// there is no memory for that, all stays as it is.
    [[gnu::cold]] void compact() noexcept;
    void settle() noexcept;

    RawSlab* entries_ = nullptr;
    Duration slot_;
    Time base_;  // of slot 0
    DueLists lists_;
    DueLists::Slot over_ = 0;      // before this batch
    List<DueLists::Taken> spent_;  // what was due
    List<std::uint32_t> later_;    // what is in these and was touched since
    List<Pushed> pushed_;          // by this batch
    List<std::uint32_t> gone_;     // by this batch, some of them twice or back again
    Slack slack_;
};

template <class K, class S>
class StateTable final : public AnyStateTable {
public:
    using Pair = std::pair<K, S>;
    /// A key and its state.
    struct Entry : Marks, Pair {
        template <class Q>
        Entry(Q const& key, S&& state, Time t) : Marks{t}, Pair(K(own(key)), static_cast<S&&>(state))
        {
        }
    };

    static constexpr bool tellsAll = false;  // changes(): those since noteChanges()

    /// Without a time-out nothing is listed. Times are counted in slots of this length.
    StateTable(std::optional<Duration> timeout, Duration slot) : AnyStateTable(timeout, slot) { entriesAre(entries_); }

    /// Another batch, at this time. What the last one changed is forgotten.
    void begin(Time now)
    {
        before_.clear();
        AnyStateTable::begin(now);
    }

    /// A state that there was before the first batch, or comes between two: the last one of each key counts. Perhaps it counts as changed.
    template <class Q>
    void load(std::uint32_t tag, Q const& key, S state, Time touched, bool hasChanged = false)
    {
        auto number = find(tag, key);
        if (number == KeyIndex::none) {
            number = add(tag, key, static_cast<S&&>(state), touched);
        } else {
            entries_[number].second = static_cast<S&&>(state);
            entries_[number].touched = touched;
        }
        if (timeout_) list(number);
        if (hasChanged) noteChanged(number);
    }

    /// Between batches: keys leave for which leaves(key) says so.
    template <class Leaves>
    SLUICE_COLD void forget(Leaves const& leaves)
    {
        for (RawSlab::Run run; entries_.next(run);) {
            for (auto number = run.number; number < run.number + run.count; ++number) {
                if (leaves(std::as_const(entries_[number].first))) forgetNumber(number);
            }
        }
        forgetRemoved(removed_, leaves);
        forgotten();
    }

    /// Bring into the cache what step() will need: first the place in the index, then the entry.
    void prefetchIndex(std::uint32_t tag) const { index_.prefetch(tag); }
    void prefetchEntry(std::uint32_t tag) const
    {
        if (auto const number = index_.likely(tag); number != KeyIndex::none) __builtin_prefetch(&entries_[number]);
    }

    /// A record of this key: call(State<S>&).
    template <class Q, class Call>
    void step(std::uint32_t tag, Q const& key, Call&& call)
    {
        auto const number = find(tag, key);
        Entry* const entry = number != KeyIndex::none ? &entries_[number] : nullptr;
        bool const has = entry != nullptr && (entry->marked & gone) == 0;
        State<S> state{has ? &entry->second : nullptr, false};
        call(state);
        if (state.what_ == State<S>::What::updated) {
            if (entry == nullptr) return born(tag, key, *static_cast<std::optional<S>&&>(state.fresh_));
            note(number, *entry);
            entry->second = *static_cast<std::optional<S>&&>(state.fresh_);
            entry->marked = batch_;
            entry->touched = now_;
        } else if (state.what_ == State<S>::What::removed) {
            if (!has) return;
            note(number, *entry);
            go(number, *entry);
        } else if (has && timeout_) {
            note(number, *entry);
            entry->touched = now_;
        }
    }

    /// Keys that nothing has touched for longer than the time-out: call(key, State<S>&), then they go.
    template <class Call>
    void expire(Call&& call)
    {
        auto timeOut = [&](std::uint32_t number) {
            Entry& entry = entries_[number];
            State<S> state{&entry.second, true};
            call(std::as_const(entry.first), state);
            note(number, entry);
            go(number, entry);
        };
        AnyStateTable::expire([](void* f, std::uint32_t number) { (*static_cast<decltype(timeOut)*>(f))(number); }, &timeOut);
    }

    /// What batches that are committed have changed since noteChanges(), once however often: f(key, entry), first with null for keys that
    /// were removed, which may have come again since, then with a pointer to the Entry in the order of numbers.
    template <class F>
    void changes(F&& f) const
    {
        for (K const& key : removed_) f(key, static_cast<Entry const*>(nullptr));
        auto const each = [](std::uint64_t bits, std::size_t word, auto&& use) {
            for (; bits != 0; bits &= bits - 1) use(static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits))));
        };
        constexpr std::size_t wordsAhead = 12;  // of few bits each; what stands side by side is fetched by itself
        for (std::size_t w = 0; w < changed_.size() + wordsAhead; ++w) {
            if (w < changed_.size() && changed_[w] != ~std::uint64_t{0})
                each(changed_[w], w, [&](std::uint32_t number) { entries_.prefetch(number); });
            if (w < wordsAhead) continue;
            each(changed_[w - wordsAhead], w - wordsAhead, [&](std::uint32_t number) {
                auto const& entry = entries_[number];
                f(entry.first, &entry);
            });
        }
    }

    void commit() noexcept override { commitAll(); }
    /// As it was before the batch.
    void undo() noexcept override { undoAll(); }

    [[nodiscard]] Slab<Entry> const& entries() const noexcept { return entries_; }
    [[nodiscard]] std::size_t size() const noexcept override { return entries_.size(); }
    [[nodiscard]] std::size_t bytes() const override
    {
        return bytesOfAll() + before_.capacity() * sizeof(Before) + removed_.capacity() * sizeof(K);
    }

private:
    struct Before {
        S state;
    };

    template <class Q>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Q const& key) const
    {
        return index_.find(index_.tagFor(tag, key), [&](std::uint32_t number) { return sameKey(entries_[number].first, key); });
    }

    void note(std::uint32_t number, Entry& entry)
    {
        if (isNoted(entry)) return;
        log_.makeRoom();
        before_.push_back({entry.second});
        log_.push_back({number, true, entry.touched});
        entry.marked = batch_;
    }

    template <class Q>
    void born(std::uint32_t tag, Q const& key, S&& state)
    {
        log_.makeRoom();
        if (timeout_) born_.makeRoom();
        auto const number = add(tag, key, static_cast<S&&>(state), now_);
        log_.push_back({number, false, now_});
        if (timeout_) born_.push_back(number);
        entries_[number].marked = batch_;
    }
    template <class Q>
    std::uint32_t add(std::uint32_t tag, Q const& key, S&& state, Time touched)
    {
        index_.reserve(index_.size() + 1, [this](std::uint32_t n) -> K const& { return entries_[n].first; });
        auto const number = entries_.add([&] { return Entry{key, static_cast<S&&>(state), touched}; });
        index_.insert(index_.tagFor(tag, key), number);
        return number;
    }

    void restore(std::uint32_t number) noexcept override
    {
        entries_[number].second = static_cast<S&&>(before_.back().state);
        before_.pop_back();
    }
    void remove(std::uint32_t number, bool told) noexcept override
    {
        auto& key = entries_[number].first;
        index_.erase(index_.tagFor(tagOfKey(key), key), number);
        if (told) removed_.push_back(static_cast<K&&>(key));
        entries_.remove(number);
    }
    void reserveRemoved(std::size_t more) override
    {
        auto const all = removed_.size() + more;
        if (all > removed_.capacity()) removed_.reserve(all > 2 * removed_.capacity() ? all : 2 * removed_.capacity());
    }
    void clearRemoved() noexcept override { removed_.clear(); }
    [[nodiscard]] std::size_t countRemoved() const noexcept override { return removed_.size(); }
    void squeeze(std::uint32_t* numbers) override
    {
        entries_.compact([numbers](std::uint32_t old, std::uint32_t number) { numbers[old] = number; });
        ListOf<Before>{}.swap(before_);
        shrinkToFit(removed_);
    }

    Slab<Entry> entries_;
    ListOf<Before> before_;  // the states that were, of what is noted
    ListOf<K> removed_;      // where changes are noted
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/state/state_table.ipp>
#endif
