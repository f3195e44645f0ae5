#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/radix_sort.hpp>
#include <sluice/batch/slab.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/state/lasting.hpp>

#include <optional>
#include <vector>

// One file although it is long: a step of the table is one sweep, and each part of it leaves things as the next one takes them.

namespace sluice::inline SLUICE_ABI::detail {

/// The states of one partition, all of which are visited in each batch, in place and in one sweep: keys and states side by side,
/// in an order that stays, into which the batch's records are sorted. Where the visitor may throw, each state is copied before it
/// is visited. Keys that come and go do so when the batch is committed: all that can fail for want of memory, but the list of
/// those that go, comes before the first visit.
template <class K, class V, class S, bool mayThrow>
class UpdateTable final : public LastingTable {
public:
    using Pair = std::pair<K, S>;
    using Entry = Pair;
    using Values = std::vector<V>;
    static constexpr bool throws = mayThrow;
    static constexpr bool tellsAll = true;  // changes(): all there are

    /// A state that there was before the first batch: the first one of each key counts. Answers whether this one does.
    template <class Q>
    bool load(std::uint32_t tag, Q const& key, S&& state)
    {
        if (find(tag, key) != KeyIndex::none) return false;
        reserveIndex(1);
        index_.insert(index_.tagFor(tag, key), entries_.add([&] { return Entry{K(own(key)), static_cast<S&&>(state)}; }));
        return true;
    }

    /// Between batches: keys leave for which leaves(key) says so.
    template <class Leaves>
    SLUICE_COLD void forget(Leaves const& leaves)
    {
        entries_.eachRun([&](std::uint32_t number, Entry* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i, ++number) {
                if (!leaves(std::as_const(entries[i].first))) continue;
                index_.erase(index_.tagFor(tagOf(entries[i].first), entries[i].first), number);
                entries_.remove(number);
            }
        });
        forgetRemoved(removed_, leaves);
        if (entries_.size() < entries_.end() / 2) compact();
    }

    /// Another batch. What the last one changed is forgotten.
    void begin()
    {
        removed_.clear();
        settle();
    }

    /// Records (key, value) of the batch, which stay where they are until it is over.
    template <class Record>
    void take(Record const* records, std::size_t n)
    {
        items_.reserve(items_.size() + n);
        values_.reserve(values_.size() + n);
        std::uint32_t tags[block];
        for (std::size_t at = 0; at < n; at += block) {
            auto const size = n - at < block ? n - at : block;
            for (std::size_t i = 0; i < size; ++i) index_.prefetch(tags[i] = tagOf(std::get<0>(records[at + i])));
            for (std::size_t i = 0; i < size; ++i) {
                if (auto const likely = index_.likely(tags[i]); likely != KeyIndex::none) entries_.prefetch(likely);
            }
            for (std::size_t i = 0; i < size; ++i) {
                auto const& [key, value] = records[at + i];
                auto number = find(tags[i], key);
                if (number == KeyIndex::none) number = entries_.end() + bornAs(tags[i], key);
                items_.push_back(std::uint64_t{number} << 32 | values_.size());
                values_.push_back(&value);
            }
        }
    }

    /// visit(key, values, std::optional<S>) gives each key its next state, or none.
    template <class Visit>
    void visit(Visit&& visit)
    {
        arrange();
        if (bornIndex_.crowds()) index_.expectCrowd();
        reserveIndex(born_.size());
        entries_.reserve(born_.size());
        gone_.clear();
        gone_.resize((entries_.end() + std::size_t{63}) / 64);
        if constexpr (mayThrow) saves();
        auto const at = walk([this](Entry const* entries, std::size_t n) { save(entries, n); },
                             [&](std::uint32_t number, Entry& entry, Values const& values) {
                                 std::optional<S> next =
                                     visit(std::as_const(entry.first), values, std::optional<S>{static_cast<S&&>(entry.second)});
                                 if (next) entry.second = *static_cast<std::optional<S>&&>(next);
                                 else gone_[number / 64] |= std::uint64_t{1} << (number % 64);
                             });
        eachBorn(at, [&](Born& fresh, Values const& values) { fresh.state = visit(std::as_const(fresh.key), values, std::optional<S>{}); });
    }

    /// All keys, values and states for who makes other ones of them: take(key, values, std::optional<S>).
    template <class Take>
    void hand(Take&& take)
    {
        arrange();
        auto const at = walk(
            [](Entry const*, std::size_t) {},
            [&](std::uint32_t, Entry const& entry, Values const& values) { take(entry.first, values, std::optional<S>{entry.second}); });
        eachBorn(at, [&](Born const& fresh, Values const& values) { take(fresh.key, values, std::optional<S>{}); });
    }

    /// The visits are done: what may fail of the commit.
    void ready()
    {
        std::size_t removed = 0;
        for (auto const word : gone_) removed += static_cast<std::size_t>(std::popcount(word));
        removed_.reserve(removed);
    }

    void commit() noexcept override
    {
        for (std::size_t w = 0; w < gone_.size(); ++w) {
            for (auto left = gone_[w]; left != 0; left &= left - 1) {
                auto const number = static_cast<std::uint32_t>(w * 64 + static_cast<unsigned>(std::countr_zero(left)));
                index_.erase(index_.tagFor(tagOf(entries_[number].first), entries_[number].first), number);
                removed_.push_back(static_cast<K&&>(entries_[number].first));
                entries_.remove(number);
            }
        }
        for (Born& born : born_) {
            if (!born.state) continue;
            auto const number =
                entries_.add([&] { return Entry{static_cast<K&&>(born.key), *static_cast<std::optional<S>&&>(born.state)}; });
            index_.insert(index_.tagFor(born.tag, entries_[number].first), number);
        }
        bool const far = slack_.isFar((entries_.size() + items_.size()) * bytesAKey, (entries_.end() + items_.capacity()) * bytesAKey);
        settle();
        if (far) compact();
    }

    void undo() noexcept override
    {
        std::size_t at = 0;
        entries_.eachRun([&](std::uint32_t, Entry* entries, std::size_t n) {
            for (std::size_t i = 0; i < n && at < savedCount_; ++i) entries[i].second = static_cast<S&&>(saved_[at++]);
        });
        settle();
    }

    /// After a commit: f(key, entry) for all, any of which may have changed, with null for those that have gone.
    template <class F>
    void changes(F&& f) const
    {
        entries_.eachSpan(0, [&](Entry const* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) f(entries[i].first, &entries[i]);
            return Span{n, true};
        });
        for (K const& key : removed_) f(key, static_cast<Entry const*>(nullptr));
    }
    [[nodiscard]] std::size_t countChanges() const { return entries_.size() + removed_.size(); }
    // It tells all of them.
    [[nodiscard]] static bool notesChanges() noexcept { return true; }
    static void noteChanges() noexcept {}
    void remember(K&& removed) { removed_.push_back(static_cast<K&&>(removed)); }

    [[nodiscard]] Slab<Entry> const& entries() const noexcept { return entries_; }
    [[nodiscard]] bool has(std::uint32_t tag, K const& key) const { return find(tag, key) != KeyIndex::none; }
    [[nodiscard]] std::size_t size() const noexcept override { return entries_.size(); }
    [[nodiscard]] std::size_t bytes() const override
    {
        return entries_.bytes() + index_.bytes() + saved_.capacity() * sizeof(S) +
               (items_.capacity() + room_.capacity() + gone_.capacity()) * sizeof(std::uint64_t) + values_.capacity() * sizeof(V const*) +
               born_.capacity() * sizeof(Born) + bornIndex_.bytes() + removed_.capacity() * sizeof(K);
    }

private:
    static constexpr std::size_t block = 32;
    static constexpr std::size_t ahead = 16;
    static constexpr std::size_t bytesAKey = 64;  // one number for all keys: where keys stand is the same on each machine
    static constexpr std::size_t stretch = mayThrow ? 64 : ~std::size_t{0};  // visited while the cache has what was copied of it
    static constexpr bool savesInPlace = std::is_trivially_copyable_v<S> && std::is_default_constructible_v<S> && !std::is_same_v<S, bool>;

    struct Born {
        std::uint32_t tag;
        K key;
        std::optional<S> state;
    };
    struct Span {
        std::size_t count;
        bool more;
    };

    template <class Q>
    [[nodiscard]] static std::uint32_t tagOf(Q const& key)
    {
        return tagOfKey(key);
    }
    template <class Q>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Q const& key) const
    {
        return index_.find(index_.tagFor(tag, key), [&](std::uint32_t number) { return sameKey(entries_[number].first, key); });
    }
    void reserveIndex(std::size_t more)
    {
        index_.reserve(index_.size() + more, [this](std::uint32_t number) -> K const& { return entries_[number].first; });
    }
    template <class Q>
    [[nodiscard]] std::uint32_t bornAs(std::uint32_t tag, Q const& key)
    {
        auto number = bornIndex_.find(bornIndex_.tagFor(tag, key), [&](std::uint32_t born) { return sameKey(born_[born].key, key); });
        if (number != KeyIndex::none) return number;
        number = static_cast<std::uint32_t>(born_.size());
        bornIndex_.reserve(number + std::size_t{1}, [this](std::uint32_t born) -> K const& { return born_[born].key; });
        born_.push_back({tag, K(own(key)), std::nullopt});
        bornIndex_.insert(bornIndex_.tagFor(tag, key), number);
        return number;
    }

    /// The records by number: those of keys that come are the last. Room for the largest group.
    void arrange()
    {
        radixSort(items_, room_, entries_.end() + static_cast<std::uint32_t>(born_.size()));
        std::size_t most = 0;
        for (std::size_t i = 0, begin = 0; i < items_.size(); ++i) {
            if (numberAt(i) != numberAt(begin)) begin = i;
            most = i + 1 - begin > most ? i + 1 - begin : most;
        }
        group_.reserve(most);
    }
    [[nodiscard]] std::uint32_t numberAt(std::size_t item) const { return static_cast<std::uint32_t>(items_[item] >> 32); }

    [[nodiscard]] std::uint32_t valueAt(std::size_t item) const { return static_cast<std::uint32_t>(items_[item]); }

    /// The values of the key at this item, which moves on.
    Values const& groupAt(std::size_t& item)
    {
        group_.clear();
        auto const number = numberAt(item);
        do {
            if (item + ahead < items_.size()) {
                __builtin_prefetch(&values_[valueAt(item + ahead)]);
                __builtin_prefetch(values_[valueAt(item + ahead / 2)]);
            }
            group_.push_back(*values_[valueAt(item++)]);
        } while (item < items_.size() && numberAt(item) == number);
        return group_;
    }

    /// before(entries, n) for each stretch, visit(number, entry, values) for each key that is there. The first item of the others.
    template <class Before, class Visit>
    std::size_t walk(Before&& before, Visit&& visit)
    {
        Values const none;
        std::size_t item = 0;
        entries_.eachRun([&](std::uint32_t number, Entry* entries, std::size_t n) {
            for (std::size_t i = 0; i < n;) {
                auto const stop = n - i > stretch ? i + stretch : n;
                if constexpr (mayThrow) before(entries + i, stop - i);
                for (;;) {
                    auto const next = item < items_.size() ? std::size_t{numberAt(item)} - number : n;
                    auto const quiet = next < stop ? next : stop;
                    for (; i < quiet; ++i) visit(static_cast<std::uint32_t>(number + i), entries[i], none);
                    if (i == stop) break;
                    visit(static_cast<std::uint32_t>(number + i), entries[i], groupAt(item));
                    ++i;
                }
            }
        });
        return item;
    }
    template <class Visit>
    void eachBorn(std::size_t item, Visit&& visit)
    {
        for (Born& born : born_) visit(born, groupAt(item));
    }

    void saves()
    {
        if constexpr (!savesInPlace) saved_.reserve(entries_.size());
        else if (saved_.size() < entries_.size()) saved_.resize(entries_.size());
    }
    void save(Entry const* entries, std::size_t n)
    {
        if constexpr (savesInPlace) {
            auto* const to = saved_.data() + savedCount_;
            for (std::size_t i = 0; i < n; ++i) to[i] = entries[i].second;
        } else {
            for (std::size_t i = 0; i < n; ++i) saved_.push_back(entries[i].second);
        }
        savedCount_ += n;
    }

    /// There have been many more keys, or records, than there are. Where there is no memory to move those that are left, all stays as
    /// it is.
    SLUICE_COLD void compact() noexcept
    {
        try {
            KeyIndex index;
            index.reserve(entries_.size());
            entries_.compact([](std::uint32_t, std::uint32_t) {});
            entries_.eachRun([&](std::uint32_t number, Entry const* entries, std::size_t n) {
                for (std::size_t i = 0; i < n; ++i, ++number) index.insert(index.tagFor(tagOf(entries[i].first), entries[i].first), number);
            });
            std::swap(index_, index);
        } catch (...) {
            return;
        }
        decltype(saved_){}.swap(saved_);
        for (auto* list : {&items_, &room_, &gone_}) List<std::uint64_t>{}.swap(*list);
        decltype(values_){}.swap(values_);
        Values{}.swap(group_);
        std::vector<Born>{}.swap(born_);
        bornIndex_ = KeyIndex{};
        shrinkToFit(removed_);
    }

    void settle() noexcept
    {
        if constexpr (!savesInPlace) saved_.clear();
        savedCount_ = 0;
        items_.clear();
        values_.clear();
        born_.clear();
        bornIndex_.clear();
        gone_.clear();
    }

    Slab<Entry> entries_;
    KeyIndex index_;
    PageVector<S> saved_;  // before the visits, in the order of numbers
    std::size_t savedCount_ = 0;
    List<std::uint64_t> items_;  // of the batch's records: the number of the key, and which of the values
    List<std::uint64_t> room_;   // to sort them
    List<V const*> values_;
    Values group_;            // those of one key
    std::vector<Born> born_;  // keys that are not there yet
    KeyIndex bornIndex_;
    List<std::uint64_t> gone_;  // which numbers go
    ListOf<K> removed_;         // by the batch that was committed last
    Slack slack_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
