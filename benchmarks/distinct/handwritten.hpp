#pragma once

#include "../reduce_by_key/handwritten.hpp"

// Each number once, as fast as we can write it for just this: the tables of reduce_by_key, whose entries are keys alone.

namespace distinct {

/// A number that is its own entry. Zero is outside of the table.
struct NumberKey {
    using Row = std::int64_t;
    using Entry = std::int64_t;
    static std::uint64_t hash(std::int64_t key) { return reduce_by_key::hashOfInteger(key); }
    static bool isEmpty(Entry entry) { return entry == 0; }
    static bool outside(Row row) { return row == 0; }
    static bool holds(Entry entry, Row row) { return entry == row; }
    static Entry entryOf(Row row) { return row; }
};

/// A set of them, or of those of a part: as reduce_by_key::Table.
class Set {
public:
    explicit Set(bool sparse = true) : entries_(std::size_t{1} << 12), shift_(64 - 12), sparse_(sparse) {}

    void clear()
    {
        entries_.clear();
        used_ = 0;
        hasZero_ = false;
    }
    void skipBits(int bits) { skipped_ = bits; }
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&entries_[placeOf(hash)], 1); }
    void add(std::int64_t key, std::uint64_t hash)
    {
        if (key == 0) [[unlikely]] {
            hasZero_ = true;
            return;
        }
        for (auto i = placeOf(hash); entries_[i] != key; i = (i + 1) & (entries_.size() - 1)) {
            if (entries_[i] != 0) continue;
            entries_[i] = key;
            if (++used_ > entries_.size() / (sparse_ && entries_.size() < 1 << 14 ? 16 : 3)) grow();
            return;
        }
    }
    template <class F>
    void each(F&& f) const
    {
        if (hasZero_) f(std::int64_t{0});
        for (auto const key : entries_) {
            if (key != 0) f(key);
        }
    }

private:
    [[nodiscard]] std::size_t placeOf(std::uint64_t hash) const { return hash << skipped_ >> shift_; }
    void grow()
    {
        auto const old = std::exchange(entries_, bench::Huge<std::int64_t>{entries_.size() * 2});
        --shift_;
        for (auto const key : old) {
            if (key == 0) continue;
            auto i = placeOf(NumberKey::hash(key));
            while (entries_[i] != 0) i = (i + 1) & (entries_.size() - 1);
            entries_[i] = key;
        }
    }

    bench::Huge<std::int64_t> entries_;
    int shift_;
    bool sparse_;
    int skipped_ = 0;
    std::size_t used_ = 0;
    bool hasZero_ = false;
};

inline void gather(std::span<std::int64_t const> rows, Set& set)
{
    std::uint64_t hashes[64];
    for (std::size_t at = 0; at < rows.size(); at += 64) {
        auto const n = std::min<std::size_t>(64, rows.size() - at);
        for (std::size_t i = 0; i < n; ++i) {
            hashes[i] = NumberKey::hash(rows[at + i]);
            set.prefetch(hashes[i]);
        }
        for (std::size_t i = 0; i < n; ++i) set.add(rows[at + i], hashes[i]);
    }
}

}  // namespace distinct
