#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/slab.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/stream/state.hpp>
#include <sluice/stream/time.hpp>

#include <bit>
#include <vector>

// The states of one partition. A batch begins, changes what it changes in place, and is committed or undone: of what it
// changes first it notes how it was, which is also what it can tell of afterwards.
//
// Time-outs: each key stands in one list, that of the interval in which it was touched when it was put there. To touch it
// again costs nothing: when that interval is over, the key moves to the list of its last touch, or times out. So a key that
// is not due is looked at once in a time-out, and once more where that is more than 64 intervals, or 64 times 64.

namespace sluice::inline SLUICE_ABI::detail {

/// Numbers by interval of time (slot): lists of one slot each for the next 64, of 64 slots each behind these, and so on, in a
/// hierarchical timing wheel (Varghese, Lauck, "Hashed and hierarchical timing wheels", SOSP 1987). So there are few lists,
/// however many slots there are in a time-out. A template, so that it is compiled where there is a state.
template <class = void>
class DueLists {
public:
    using Slot = std::int64_t;

    struct Due {
        std::uint32_t number;
        std::uint32_t slot;  // its lower bits
    };
    /// A list that was taken, and where it stood.
    struct Taken {
        std::size_t place = 0;
        std::vector<Due> list;
    };

    /// Slots up to this one are over, and their lists were taken.
    [[nodiscard]] Slot over() const noexcept { return over_; }

    /// Of a slot that is not over.
    void push(Slot slot, std::uint32_t number)
    {
        auto const place = placeOf(slot);
        if (place >= lists_.size()) lists_.resize(place < usual * width ? usual * width : (place / width + 1) * width);
        auto& list = lists_[place];
        if (list.capacity() == 0 && spares_ > 0) list.swap(spare_[--spares_]);
        list.push_back({number, static_cast<std::uint32_t>(slot)});
        mark(place);
    }
    void pop(Slot slot) noexcept
    {
        auto const place = placeOf(slot);
        lists_[place].pop_back();
        if (lists_[place].empty()) unmark(place);
    }

    /// How many lists have numbers of slots up to this one, perhaps beside others of later ones.
    [[nodiscard]] std::size_t due(Slot upTo) const noexcept
    {
        std::size_t n = 0;
        eachDue(upTo, [&](std::size_t) { ++n; });
        return n;
    }
    /// take(Taken&&) for each of these, which throws nothing. What they have of later slots is pushed again.
    template <class Take>
    void advance(Slot upTo, Take&& take) noexcept
    {
        eachDue(upTo, [&](std::size_t place) {
            take(Taken{place, static_cast<std::vector<Due>&&>(lists_[place])});
            lists_[place].clear();
            unmark(place);
        });
        if (upTo > over_) over_ = upTo;
    }
    /// As it was before advance(), when what was pushed since was popped.
    void retreat(Slot over) noexcept { over_ = over; }
    void put(Taken&& taken) noexcept
    {
        lists_[taken.place].swap(taken.list);
        mark(taken.place);
    }
    /// The memory of a list that is done with, unless it was a long one.
    void recycle(Taken&& taken) noexcept
    {
        if (spares_ == std::size(spare_) || taken.list.capacity() > longOne) return;
        taken.list.clear();
        spare_[spares_++].swap(taken.list);
    }

    /// Each Due for which keep(due) answers true stays, as that has changed it; memory that nothing needs is given back.
    template <class Keep>
    void prune(Keep&& keep) noexcept
    {
        for (std::size_t place = 0; place < lists_.size(); ++place) {
            auto& list = lists_[place];
            std::size_t kept = 0;
            for (Due due : list) {
                if (keep(due)) list[kept++] = due;
            }
            list.resize(kept);
            list.shrink_to_fit();
            if (list.empty()) unmark(place);
        }
    }

    [[nodiscard]] std::size_t bytes() const
    {
        auto sum = lists_.capacity() * sizeof(lists_[0]);
        for (auto const& list : lists_) sum += list.capacity() * sizeof(Due);
        for (auto const& list : spare_) sum += list.capacity() * sizeof(Due);
        return sum;
    }

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
    void mark(std::size_t place) noexcept { filled_[place / width] |= std::uint64_t{1} << place % width; }
    void unmark(std::size_t place) noexcept { filled_[place / width] &= ~(std::uint64_t{1} << place % width); }

    /// f(place) for each list that may have slots up to this one, the soonest first: all of the levels below that of the slot, and those of
    /// its level up to its own.
    template <class F>
    void eachDue(Slot upTo, F&& f) const
    {
        if (upTo <= over_) return;
        auto const top = levelOf(upTo);
        for (std::size_t level = 0; level <= top; ++level) {
            auto left = level < top ? filled_[level] : filled_[level] & (~std::uint64_t{0} >> (width - 1 - digit(upTo, level)));
            for (; left != 0; left &= left - 1) f(level * width + static_cast<std::size_t>(std::countr_zero(left)));
        }
    }

    std::vector<std::vector<Due>> lists_;  // level by level, those that were ever used
    std::uint64_t filled_[levels] = {};    // which of them have numbers
    std::vector<Due> spare_[8];
    std::size_t spares_ = 0;
    Slot over_ = 0;
};

#ifdef SLUICE_COMPILED
extern template class DueLists<>;  // <sluice/compiled.cpp>
#endif

template <class K, class S>
class StateTable {
public:
    /// A key and its state.
    struct Entry : std::pair<K, S> {
        Time touched;          // last
        std::uint32_t due;     // the slot that it is listed for; 0: none
        std::uint32_t marked;  // the batch that changed it first, and whether that removed it

        template <class Q>
        Entry(Q const& key, S&& state, Time t) : std::pair<K, S>(K(own(key)), static_cast<S&&>(state)), touched(t), due(0), marked(0)
        {
        }
    };

    /// Without a time-out nothing is listed. Times are counted in slots of this length.
    StateTable(std::optional<Duration> timeout, Duration slot) : timeout_(timeout), slot_(slot) {}

    /// Another batch, at this time. What the last one changed is forgotten.
    void begin(Time now)
    {
        if (batch_ == 0) base_ = now - times(slot_, timeout_.value_or(Duration{0}) / slot_ + 2);
        now_ = now;
        over_ = lists_.over();
        batch_ = batch_ + 1 == gone ? 1 : batch_ + 1;
        log_.clear();
        removed_.clear();
    }

    /// A state that there was before the first batch: the last one of each key counts.
    template <class Q>
    void load(std::uint32_t tag, Q const& key, S state, Time touched)
    {
        auto number = find(tag, key);
        if (number == KeyIndex::none) {
            number = add(tag, key, static_cast<S&&>(state), touched);
        } else {
            entries_[number].second = static_cast<S&&>(state);
            entries_[number].touched = touched;
        }
        auto const slot = slotToList(touched);
        if (!timeout_ || entries_[number].due == static_cast<std::uint32_t>(slot)) return;
        lists_.push(slot, number);
        entries_[number].due = static_cast<std::uint32_t>(slot);
    }

    /// Brings what step will need, in two goes.
    void prefetchIndex(std::uint32_t tag) const { index_.prefetch(tag); }
    void prefetchEntry(std::uint32_t tag) const
    {
        if (auto const number = index_.likely(tag); number != KeyIndex::none) entries_.prefetch(number);
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
        auto const threshold = now_ - *timeout_;
        auto const last = slotOf(threshold - Duration{1});
        spent_.reserve(lists_.due(last));
        lists_.advance(last, [this](DueLists<>::Taken&& taken) { spent_.push_back(static_cast<DueLists<>::Taken&&>(taken)); });
        for (auto const& [place, list] : spent_) {
            for (std::size_t i = 0; i < list.size(); ++i) {
                if (i + ahead < list.size()) entries_.prefetch(list[i + ahead].number);
                auto const [number, slot] = list[i];
                if (!entries_.has(number)) continue;
                Entry& entry = entries_[number];
                if (entry.due != slot || (entry.marked & gone) != 0) continue;
                if (entry.touched >= threshold) {
                    later_.push_back(number);
                    continue;
                }
                State<S> state{&entry.second, true};
                call(std::as_const(entry.first), state);
                note(number, entry);
                go(number, entry);
            }
        }
    }
    [[nodiscard]] bool mayExpire() const
    {
        return timeout_ && lists_.due(slotOf(now_ - *timeout_ - Duration{1})) != 0;
    }

    /// The batch has done what it does here: what may fail of its commit.
    void ready()
    {
        removed_.reserve(gone_.size());
        if (!timeout_) return;
        pushed_.reserve(later_.size() + born_.size());
        for (auto const number : later_) enlist(number);
        for (auto const number : born_) {
            if ((entries_[number].marked & gone) == 0) enlist(number);
        }
    }

    void commit() noexcept
    {
        for (auto const& [slot, number] : pushed_) entries_[number].due = static_cast<std::uint32_t>(slot);
        for (auto const number : gone_) {
            if (!entries_.has(number) || (entries_[number].marked & gone) == 0) continue;  // it was twice, or it is back
            erase(number);
            removed_.push_back(static_cast<K&&>(entries_[number].first));
            entries_.remove(number);
        }
        for (auto& taken : spent_) lists_.recycle(static_cast<DueLists<>::Taken&&>(taken));
        bool const far = slack_.isFar((entries_.size() + log_.size()) * bytesAKey, (entries_.end() + log_.capacity()) * bytesAKey);
        settle();
        if (far) compact();
    }

    /// As it was before the batch.
    void undo() noexcept
    {
        for (auto i = pushed_.size(); i-- > 0;) lists_.pop(pushed_[i].slot);
        for (auto& taken : spent_) lists_.put(static_cast<DueLists<>::Taken&&>(taken));
        lists_.retreat(over_);
        for (auto i = log_.size(); i-- > 0;) {
            Noted& noted = log_[i];
            Entry& entry = entries_[noted.number];
            if (noted.before) {
                entry.second = *static_cast<std::optional<S>&&>(noted.before);
                entry.touched = noted.touched;
                entry.marked = 0;
            } else {
                erase(noted.number);
                entries_.remove(noted.number);
            }
        }
        log_.clear();
        settle();
    }

    /// What the last batch has changed: f(key, state) with a pointer to the state, null where it was removed.
    template <class F>
    void changes(F&& f) const
    {
        for (Noted const& noted : log_) {
            if (entries_.has(noted.number)) f(entries_[noted.number].first, &entries_[noted.number].second);
        }
        for (K const& key : removed_) f(key, static_cast<S const*>(nullptr));
    }

    [[nodiscard]] Slab<Entry>& entries() noexcept { return entries_; }
    [[nodiscard]] Slab<Entry> const& entries() const noexcept { return entries_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] std::size_t bytes() const
    {
        return entries_.bytes() + index_.bytes() + lists_.bytes() + log_.capacity() * sizeof(Noted) + removed_.capacity() * sizeof(K) +
               (later_.capacity() + born_.capacity() + gone_.capacity()) * sizeof(std::uint32_t) + pushed_.capacity() * sizeof(Pushed);
    }

private:
    static constexpr std::uint32_t gone = std::uint32_t{1} << 31;
    static constexpr std::size_t ahead = 12;
    static constexpr std::size_t bytesAKey = 64;  // one number for all keys: where keys stand is the same on each machine

    /// An entry as it was before the batch; without a state: there was none.
    struct Noted {
        std::uint32_t number;
        Time touched;
        std::optional<S> before;
    };
    struct Pushed {
        DueLists<>::Slot slot;
        std::uint32_t number;
    };

    template <class Q>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Q const& key) const
    {
        return index_.find(index_.tagFor(tag, key), [&](std::uint32_t number) { return sameKey(entries_[number].first, key); });
    }

    /// Earlier ones than those that are over in the first batch are over then, too.
    [[nodiscard]] DueLists<>::Slot slotOf(Time t) const { return t - base_ < slot_ ? 1 : (t - base_) / slot_; }
    [[nodiscard]] DueLists<>::Slot slotToList(Time t) const
    {
        auto const slot = slotOf(t);
        return slot > lists_.over() ? slot : lists_.over() + 1;
    }

    void note(std::uint32_t number, Entry& entry)
    {
        if ((entry.marked & ~gone) == batch_) return;
        log_.push_back({number, entry.touched, entry.second});
        entry.marked = batch_;
    }

    /// It has been noted.
    void go(std::uint32_t number, Entry& entry)
    {
        gone_.push_back(number);
        entry.marked = batch_ | gone;
    }

    template <class Q>
    void born(std::uint32_t tag, Q const& key, S&& state)
    {
        if (timeout_) born_.push_back(KeyIndex::none);
        log_.push_back({KeyIndex::none, now_, std::nullopt});
        auto& number = log_.back().number;
        try {
            number = add(tag, key, static_cast<S&&>(state), now_);
        } catch (...) {
            log_.pop_back();
            throw;
        }
        if (timeout_) born_.back() = number;
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
    void erase(std::uint32_t number) noexcept
    {
        auto const& key = entries_[number].first;
        index_.erase(index_.tagFor(static_cast<std::uint32_t>(hashOfKey(key)), key), number);
    }

    void enlist(std::uint32_t number)
    {
        auto const slot = slotToList(entries_[number].touched);
        lists_.push(slot, number);
        pushed_.push_back({slot, number});  // room was made
    }

    /// There have been many more keys, or changes, than there are: the keys that are left take the first numbers, in their order. Where
    /// there is no memory for that, all stays as it is.
    SLUICE_COLD void compact() noexcept
    {
        std::vector<std::uint32_t> numbers;  // by the old ones
        KeyIndex index;
        try {
            numbers.assign(entries_.end(), KeyIndex::none);
            index.reserve(entries_.size());
            entries_.compact([&](std::uint32_t old, std::uint32_t number) { numbers[old] = number; });
        } catch (...) {
            return;
        }
        auto const renumber = [&](std::uint32_t number) { return number < numbers.size() ? numbers[number] : KeyIndex::none; };
        entries_.eachRun([&](std::uint32_t number, Entry const* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i, ++number) {
                auto const& key = entries[i].first;
                index.insert(index.tagFor(static_cast<std::uint32_t>(hashOfKey(key)), key), number);
            }
        });
        std::swap(index_, index);
        lists_.prune([&](DueLists<>::Due& due) {
            due.number = renumber(due.number);
            return due.number != KeyIndex::none && entries_[due.number].due == due.slot;
        });
        for (Noted& noted : log_) noted.number = renumber(noted.number);
        log_.shrink_to_fit();
        removed_.shrink_to_fit();
        decltype(spent_){}.swap(spent_);
        decltype(pushed_){}.swap(pushed_);
        for (auto* list : {&later_, &born_, &gone_}) std::vector<std::uint32_t>{}.swap(*list);
    }

    void settle() noexcept
    {
        spent_.clear();
        later_.clear();
        pushed_.clear();
        born_.clear();
        gone_.clear();
    }

    std::optional<Duration> timeout_;
    Duration slot_;
    Time base_;  // of slot 0
    Time now_;
    std::uint32_t batch_ = 0;
    Slab<Entry> entries_;
    KeyIndex index_;
    std::vector<Noted> log_;    // of this batch, in the order of first changes
    std::vector<K> removed_;    // by the batch that was committed last
    DueLists<> lists_;
    DueLists<>::Slot over_ = 0;  // before this batch
    std::vector<DueLists<>::Taken> spent_;  // lists that are over
    std::vector<std::uint32_t> later_;  // what is in them and was touched since
    std::vector<Pushed> pushed_;        // by this batch
    std::vector<std::uint32_t> born_;   // by this batch, where keys time out
    std::vector<std::uint32_t> gone_;   // by this batch, some of them twice or back again
    Slack slack_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
