#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/slab.hpp>

#include <optional>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// The states of one partition, all of which are visited in each batch, in place: keys and states side by side, in an order
/// that stays. Where the visitor may throw, states are copied first. Keys that come and go do so when the batch is committed:
/// all that can fail for want of memory, but the list of those that go, comes before the first visit.
template <class K, class S, bool mayThrow>
class UpdateTable {
public:
    using Entry = std::pair<K, S>;
    static constexpr bool throws = mayThrow;

    /// A state that there was before the first batch: the first one of each key counts. Whether it is that.
    template <class Q>
    bool load(std::uint32_t tag, Q const& key, S&& state)
    {
        if (find(tag, key) != KeyIndex::none) return false;
        index_.reserve(index_.size() + 1);
        index_.insert(tag, entries_.add([&] { return Entry{K(own(key)), static_cast<S&&>(state)}; }));
        return true;
    }

    /// Another batch. What the last one changed is forgotten.
    void begin()
    {
        removed_.clear();
        settle();
    }

    /// visit(key, values, std::optional<S>) gives each key its next state, or none. `groups` is a table of the keys that have
    /// values, `none` what the others have.
    template <class Groups, class Values, class Visit>
    void visit(Groups const* groups, Values const& none, Visit&& visit)
    {
        auto const words = (entries_.end() + std::size_t{63}) / 64;
        seen_.assign(words, 0);
        gone_.assign(words, 0);
        if (groups != nullptr) look(*groups);
        if constexpr (mayThrow) save();

        if (groups != nullptr) {
            auto born = std::size_t{0};
            for (std::size_t i = 0; i < numbers_.size(); ++i) {
                if (i + ahead < numbers_.size() && numbers_[i + ahead] != KeyIndex::none) entries_.prefetch(numbers_[i + ahead]);
                auto const& values = groups->entries()[i].second;
                if (numbers_[i] == KeyIndex::none) {
                    Born& fresh = born_[born++];
                    fresh.state = visit(std::as_const(fresh.key), values, std::optional<S>{});
                } else {
                    change(numbers_[i], entries_[numbers_[i]], values, visit);
                }
            }
        }
        bool const all = numbers_.empty();
        entries_.eachRun([&](std::uint32_t number, Entry* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                auto const at = number + static_cast<std::uint32_t>(i);
                if (all || (seen_[at / 64] >> (at % 64) & 1) == 0) change(at, entries[i], none, visit);
            }
        });
    }

    /// All keys, states and values for who makes other ones of them: take(key, values, std::optional<S>).
    template <class Groups, class Values, class Take>
    void hand(Groups const* groups, Values const& none, Take&& take)
    {
        seen_.assign((entries_.end() + std::size_t{63}) / 64, 0);
        if (groups != nullptr) look(*groups);
        for (std::size_t i = 0; i < numbers_.size(); ++i) {
            auto const& [key, values] = groups->entries()[i];
            if (numbers_[i] == KeyIndex::none) take(K(own(key)), values, std::optional<S>{});
            else take(entries_[numbers_[i]].first, values, std::optional<S>{entries_[numbers_[i]].second});
        }
        entries_.eachRun([&](std::uint32_t number, Entry const* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                auto const at = number + static_cast<std::uint32_t>(i);
                if ((seen_[at / 64] >> (at % 64) & 1) == 0) take(entries[i].first, none, std::optional<S>{entries[i].second});
            }
        });
    }

    /// The visits are done: what may fail of the commit.
    void ready()
    {
        std::size_t removed = 0;
        for (auto const word : gone_) removed += static_cast<std::size_t>(std::popcount(word));
        removed_.reserve(removed);
    }

    void commit() noexcept
    {
        for (std::size_t w = 0; w < gone_.size(); ++w) {
            for (auto left = gone_[w]; left != 0; left &= left - 1) {
                auto const number = static_cast<std::uint32_t>(w * 64 + static_cast<unsigned>(std::countr_zero(left)));
                index_.erase(tagOf(entries_[number].first), number);
                removed_.push_back(static_cast<K&&>(entries_[number].first));
                entries_.remove(number);
            }
        }
        for (Born& born : born_) {
            if (!born.state) continue;
            auto const number = entries_.add([&] { return Entry{static_cast<K&&>(born.key), *static_cast<std::optional<S>&&>(born.state)}; });
            index_.insert(born.tag, number);
        }
        settle();
    }

    void undo() noexcept
    {
        std::size_t at = 0;
        if (!saved_.empty()) {
            entries_.eachRun([&](std::uint32_t, Entry* entries, std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) entries[i].second = static_cast<S&&>(saved_[at++]);
            });
        }
        settle();
    }

    /// After a commit: f(key, state) for all, any of which may have changed, with null for those that have gone.
    template <class F>
    void changes(F&& f) const
    {
        entries_.eachSpan(0, [&](Entry const* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) f(entries[i].first, &entries[i].second);
            return Span{n, true};
        });
        for (K const& key : removed_) f(key, static_cast<S const*>(nullptr));
    }
    void remember(K&& removed) { removed_.push_back(static_cast<K&&>(removed)); }

    [[nodiscard]] Slab<Entry> const& entries() const noexcept { return entries_; }
    [[nodiscard]] bool has(std::uint32_t tag, K const& key) const { return find(tag, key) != KeyIndex::none; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] std::size_t bytes() const
    {
        return entries_.bytes() + index_.bytes() + saved_.capacity() * sizeof(S) + numbers_.capacity() * sizeof(std::uint32_t) +
               born_.capacity() * sizeof(Born) + removed_.capacity() * sizeof(K) + (seen_.capacity() + gone_.capacity()) * 8;
    }

private:
    static constexpr std::size_t ahead = 12;

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
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Q const& key) const
    {
        return index_.find(tag, [&](std::uint32_t number) { return sameKey(entries_[number].first, key); });
    }
    template <class Q>
    [[nodiscard]] static std::uint32_t tagOf(Q const& key)
    {
        return static_cast<std::uint32_t>(hashOfKey(key));
    }

    /// Which of them are there; those that are not may come.
    template <class Groups>
    void look(Groups const& groups)
    {
        auto const n = groups.entries().size();
        numbers_.reserve(n);
        for (std::size_t i = 0; i < n; ++i) {
            if (i + 2 * ahead < n) index_.prefetch(groups.tagOf(i + 2 * ahead));
            if (i + ahead < n) {
                if (auto const likely = index_.likely(groups.tagOf(i + ahead)); likely != KeyIndex::none) entries_.prefetch(likely);
            }
            auto const& key = groups.entries()[i].first;
            auto const number = find(groups.tagOf(i), key);
            numbers_.push_back(number);
            if (number == KeyIndex::none) born_.push_back({groups.tagOf(i), K(own(key)), std::nullopt});
            else seen_[number / 64] |= std::uint64_t{1} << (number % 64);
        }
        index_.reserve(index_.size() + born_.size());
        entries_.reserve(born_.size());
    }

    void save()
    {
        saved_.reserve(entries_.size());
        entries_.eachSpan(0, [&](Entry const* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) saved_.push_back(entries[i].second);
            return Span{n, true};
        });
    }

    template <class Values, class Visit>
    void change(std::uint32_t number, Entry& entry, Values const& values, Visit& visit)
    {
        std::optional<S> next = visit(std::as_const(entry.first), values, std::optional<S>{static_cast<S&&>(entry.second)});
        if (next) entry.second = *static_cast<std::optional<S>&&>(next);
        else gone_[number / 64] |= std::uint64_t{1} << (number % 64);
    }

    void settle() noexcept
    {
        saved_.clear();
        numbers_.clear();
        born_.clear();
        gone_.clear();
    }

    Slab<Entry> entries_;
    KeyIndex index_;
    std::vector<S> saved_;                // before the visits, in the order of numbers
    std::vector<std::uint32_t> numbers_;  // of the keys with values
    std::vector<Born> born_;              // those of them that are not there yet
    std::vector<std::uint64_t> seen_;     // which numbers have values
    std::vector<std::uint64_t> gone_;     // which numbers go
    std::vector<K> removed_;              // by the batch that was committed last
};

}  // namespace sluice::inline SLUICE_ABI::detail
