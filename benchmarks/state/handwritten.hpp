#pragma once

#include <sluice/batch/key.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

// What one would write by hand for one state a key, of numbers alone: entries side by side, and an index of 8 bytes a slot that is
// at most half full (32 bits of hash, 32 of number), as in the library; look-ups a block ahead of their use. No key is ever removed.

namespace state {

using Record = std::pair<std::int64_t, std::int64_t>;

inline std::uint32_t tagOf(std::int64_t key) { return static_cast<std::uint32_t>(sluice::detail::hashOfKey(key)); }

class Index {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    explicit Index(std::size_t keys) : slots_(std::bit_ceil(2 * keys)), shift_(32 - std::countr_zero(slots_.size())) {}

    void prefetch(std::uint32_t tag) const { __builtin_prefetch(&slots_[tag >> shift_]); }
    [[nodiscard]] std::uint32_t likely(std::uint32_t tag) const { return slots_[tag >> shift_].entry - 1; }

    template <class Entries>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, std::int64_t key, Entries const& entries) const
    {
        for (std::size_t i = tag >> shift_; slots_[i].entry != 0; i = (i + 1) & (slots_.size() - 1)) {
            if (slots_[i].tag == tag && entries[slots_[i].entry - 1].first == key) return slots_[i].entry - 1;
        }
        return none;
    }
    void insert(std::uint32_t tag, std::uint32_t number)
    {
        std::size_t i = tag >> shift_;
        while (slots_[i].entry != 0) i = (i + 1) & (slots_.size() - 1);
        slots_[i] = {tag, number + 1};
    }

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t entry;
    };
    std::vector<Slot> slots_;
    int shift_;
};

/// visit(record, its number) for all of them, whose keys are there.
template <class Entries, class Visit>
void lookUp(std::vector<Record> const& records, Index const& index, Entries& entries, Visit&& visit)
{
    constexpr std::size_t block = 32;
    std::uint32_t tags[block];
    for (std::size_t at = 0; at < records.size(); at += block) {
        auto const n = records.size() - at < block ? records.size() - at : block;
        for (std::size_t i = 0; i < n; ++i) index.prefetch(tags[i] = tagOf(records[at + i].first));
        for (std::size_t i = 0; i < n; ++i) {
            if (auto const likely = index.likely(tags[i]); likely != Index::none) __builtin_prefetch(&entries[likely]);
        }
        for (std::size_t i = 0; i < n; ++i) visit(records[at + i], index.find(tags[i], records[at + i].first, entries));
    }
}

/// Sums of keys that time out, with what each batch has changed and how it was.
class Changed {
public:
    Changed(std::vector<Record> const& initial, std::int64_t now, std::int64_t timeout) : index_(initial.size()), timeout_(timeout)
    {
        due_.emplace_back(now, std::vector<std::uint32_t>{});
        for (auto const& [key, sum] : initial) {
            auto const number = static_cast<std::uint32_t>(entries_.size());
            entries_.push_back({key, sum, now, 1, 0});
            index_.insert(tagOf(key), number);
            due_.back().second.push_back(number);
        }
    }

    /// The new sums of a batch's records go to `out`. False: keys have timed out, which is not for here.
    bool update(std::vector<Record> const& records, std::int64_t now, std::vector<std::int64_t>& out)
    {
        ++batch_;
        log_.clear();
        out.clear();
        lookUp(records, index_, entries_, [&](Record const& record, std::uint32_t number) {
            Entry& entry = entries_[number];
            if (entry.batch != batch_) {
                log_.push_back({number, entry.touched, entry.sum});
                entry.batch = batch_;
            }
            entry.sum += record.second;
            entry.touched = now;
            out.push_back(entry.sum);
        });
        return due_.front().first >= now - timeout_;
    }

private:
    struct Entry {
        std::int64_t first;
        std::int64_t sum;
        std::int64_t touched;
        std::uint32_t due;
        std::uint32_t batch;
    };
    struct Before {
        std::uint32_t number;
        std::int64_t touched;
        std::int64_t sum;
    };

    std::vector<Entry> entries_;
    Index index_;
    std::vector<Before> log_;
    std::vector<std::pair<std::int64_t, std::vector<std::uint32_t>>> due_;  // by the time of a touch
    std::int64_t timeout_;
    std::uint32_t batch_ = 0;
};

/// Sums that are all visited in each batch, in place.
class Visited {
public:
    explicit Visited(std::vector<Record> const& initial)
        : entries_(initial), index_(initial.size()), groupOf_(initial.size()), seen_(initial.size() / 64 + 1)
    {
        for (std::size_t i = 0; i < entries_.size(); ++i) index_.insert(tagOf(entries_[i].first), static_cast<std::uint32_t>(i));
    }

    /// f(values, std::optional<sum>) → std::optional<sum>. False: a key has gone, which is not for here.
    template <class F>
    bool update(std::vector<Record> const& records, F&& f)
    {
        std::size_t groups = 0;
        lookUp(records, index_, entries_, [&](Record const& record, std::uint32_t number) {
            auto& group = groupOf_[number];
            if (group == 0) {
                if (groups == groups_.size()) groups_.emplace_back();
                groups_[groups].number = number;
                groups_[groups].values.clear();
                group = static_cast<std::uint32_t>(++groups);
            }
            groups_[group - 1].values.push_back(record.second);
        });
        std::fill(seen_.begin(), seen_.end(), 0);
        bool all = true;
        for (std::size_t i = 0; i < groups; ++i) {
            if (i + 12 < groups) __builtin_prefetch(&entries_[groups_[i + 12].number]);
            auto const& [number, values] = groups_[i];
            all = visit(entries_[number], values, f) && all;
            seen_[number / 64] |= std::uint64_t{1} << (number % 64);
            groupOf_[number] = 0;
        }
        std::vector<std::int64_t> const none;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if ((seen_[i / 64] >> (i % 64) & 1) == 0) all = visit(entries_[i], none, f) && all;
        }
        return all;
    }
    [[nodiscard]] std::vector<Record> const& entries() const { return entries_; }

private:
    struct Group {
        std::uint32_t number;
        std::vector<std::int64_t> values;
    };

    template <class F>
    static bool visit(Record& entry, std::vector<std::int64_t> const& values, F&& f)
    {
        auto const next = f(values, std::optional<std::int64_t>{entry.second});
        if (next) entry.second = *next;
        return next.has_value();
    }

    std::vector<Record> entries_;
    Index index_;
    std::vector<std::uint32_t> groupOf_;  // of a key, in this batch; 0: none
    std::vector<std::uint64_t> seen_;     // which keys have values in this batch
    std::vector<Group> groups_;           // kept for their memory
};

}  // namespace state
