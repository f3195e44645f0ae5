#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/slab.hpp>
#include <sluice/stream/state.hpp>
#include <sluice/stream/time.hpp>

#include <vector>

// The states of one partition. A batch begins, changes what it changes in place, and is committed or undone: of what it
// changes first it notes how it was, which is also what it can tell of afterwards.
//
// Time-outs: each key stands in one list, that of the interval in which it was touched when it was put there. To touch it
// again costs nothing: when that interval is over, the key moves to the list of its last touch, or times out. So a key that
// is not due is looked at once in a time-out.

namespace sluice::inline SLUICE_ABI::detail {

/// Numbers by interval of time, in a ring of lists. A template, so that it is compiled where there is a state.
template <class = void>
class DueLists {
public:
    using Slot = std::int64_t;

    [[nodiscard]] Slot first() const noexcept { return first_; }
    [[nodiscard]] Slot end() const noexcept { return end_; }

    void push(Slot slot, std::uint32_t number)
    {
        require(slot);
        at(slot).push_back(number);
    }
    void pop(Slot slot) noexcept { at(slot).pop_back(); }

    /// The list of the first slot, which leaves; put() brings it back.
    std::vector<std::uint32_t> takeFirst() noexcept
    {
        auto list = static_cast<std::vector<std::uint32_t>&&>(at(first_));
        at(first_++).clear();
        return list;
    }
    void put(Slot slot, std::vector<std::uint32_t>&& list) noexcept
    {
        first_ = slot;
        at(slot).swap(list);
    }
    /// The memory of a list that is done with.
    void recycle(Slot slot, std::vector<std::uint32_t>&& list) noexcept
    {
        if (at(slot).capacity() != 0) return;
        list.clear();
        at(slot).swap(list);
    }

    [[nodiscard]] std::size_t bytes() const
    {
        auto sum = ring_.capacity() * sizeof(ring_[0]);
        for (auto const& list : ring_) sum += list.capacity() * sizeof(std::uint32_t);
        return sum;
    }

private:
    [[nodiscard]] std::vector<std::uint32_t>& at(Slot slot) noexcept { return ring_[static_cast<std::size_t>(slot) & (ring_.size() - 1)]; }

    void require(Slot slot)
    {
        auto const first = first_ == end_ || slot < first_ ? slot : first_;
        auto const end = first_ == end_ || slot >= end_ ? slot + 1 : end_;
        if (static_cast<std::size_t>(end - first) > ring_.size()) grow(static_cast<std::size_t>(end - first));
        first_ = first;
        end_ = end;
    }

    SLUICE_COLD void grow(std::size_t slots)
    {
        std::vector<std::vector<std::uint32_t>> ring(std::bit_ceil(slots < 8 ? std::size_t{8} : slots));
        for (auto slot = first_; slot < end_; ++slot) ring[static_cast<std::size_t>(slot) & (ring.size() - 1)].swap(at(slot));
        ring_.swap(ring);
    }

    std::vector<std::vector<std::uint32_t>> ring_;
    Slot first_ = 0;  // [first_, end_) have lists, most of them empty
    Slot end_ = 0;
};

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
        auto const slot = slotOf(touched);
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
        while (lists_.first() < lists_.end() && lists_.first() <= last) {
            spent_.reserve(spent_.size() + 1);
            auto const slot = lists_.first();
            spent_.push_back({slot, lists_.takeFirst()});
            auto const& numbers = spent_.back().numbers;
            for (std::size_t i = 0; i < numbers.size(); ++i) {
                if (i + ahead < numbers.size()) entries_.prefetch(numbers[i + ahead]);
                auto const number = numbers[i];
                if (!entries_.has(number)) continue;
                Entry& entry = entries_[number];
                if (entry.due != static_cast<std::uint32_t>(slot) || (entry.marked & gone) != 0) continue;
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
        return timeout_ && lists_.first() < lists_.end() && lists_.first() <= slotOf(now_ - *timeout_ - Duration{1});
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
        for (Spent& spent : spent_) lists_.recycle(spent.slot, static_cast<std::vector<std::uint32_t>&&>(spent.numbers));
        settle();
    }

    /// As it was before the batch.
    void undo() noexcept
    {
        for (auto i = pushed_.size(); i-- > 0;) lists_.pop(pushed_[i].slot);
        for (auto i = spent_.size(); i-- > 0;) lists_.put(spent_[i].slot, static_cast<std::vector<std::uint32_t>&&>(spent_[i].numbers));
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
    struct Spent {
        DueLists<>::Slot slot;
        std::vector<std::uint32_t> numbers;
    };

    template <class Q>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Q const& key) const
    {
        return index_.find(index_.tagFor(tag, key), [&](std::uint32_t number) { return sameKey(entries_[number].first, key); });
    }

    /// Earlier ones than those that are over in the first batch are over then, too.
    [[nodiscard]] DueLists<>::Slot slotOf(Time t) const { return t - base_ < slot_ ? 1 : (t - base_) / slot_; }

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
        auto const slot = slotOf(entries_[number].touched);
        lists_.push(slot, number);
        pushed_.push_back({slot, number});  // room was made
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
    std::vector<Spent> spent_;  // lists that are over
    std::vector<std::uint32_t> later_;  // what is in them and was touched since
    std::vector<Pushed> pushed_;        // by this batch
    std::vector<std::uint32_t> born_;   // by this batch, where keys time out
    std::vector<std::uint32_t> gone_;   // by this batch, some of them twice or back again
};

}  // namespace sluice::inline SLUICE_ABI::detail
