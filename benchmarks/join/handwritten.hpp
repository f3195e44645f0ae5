#pragma once

#include "../huge.hpp"
#include "../reduce_by_key/handwritten.hpp"

// Rows of two sides meet by key, as fast as we can write it for just this, where a key is at most once on the right: a flat table of the
// right side, whose entries are fetched for 64 rows of the left before the first of them is looked at.

namespace join {

using Row = reduce_by_key::IntegerRow;

class Table {
public:
    void build(std::span<Row const> right)
    {
        auto const size = std::bit_ceil(right.size() * 3);
        if (entries_.size() != size) entries_ = bench::Huge<Row>{size};
        else entries_.clear();
        shift_ = 64 - std::countr_zero(size);
        hasZero_ = false;
        blockwise(right, [&](Row const& row, std::size_t i) {
            if (row.first == 0) {
                hasZero_ = true;
                zero_ = row.second;
                return;
            }
            while (entries_[i].first != 0) i = (i + 1) & (entries_.size() - 1);
            entries_[i] = row;
        });
    }
    /// f(key, value on the left, value on the right)
    template <class F>
    void probe(std::span<Row const> left, F&& f) const
    {
        blockwise(left, [&](Row const& row, std::size_t i) {
            if (row.first == 0) {
                if (hasZero_) f(row.first, row.second, zero_);
                return;
            }
            for (; entries_[i].first != 0; i = (i + 1) & (entries_.size() - 1)) {
                if (entries_[i].first == row.first) return f(row.first, row.second, entries_[i].second);
            }
        });
    }

private:
    template <class F>
    void blockwise(std::span<Row const> rows, F&& f) const
    {
        std::size_t places[64];
        for (std::size_t at = 0; at < rows.size(); at += 64) {
            auto const n = std::min<std::size_t>(64, rows.size() - at);
            for (std::size_t i = 0; i < n; ++i) {
                places[i] = reduce_by_key::hashOfInteger(rows[at + i].first) >> shift_;
                __builtin_prefetch(&entries_[places[i]], 1);
            }
            for (std::size_t i = 0; i < n; ++i) f(rows[at + i], places[i]);
        }
    }

    bench::Huge<Row> entries_;
    int shift_ = 0;
    bool hasZero_ = false;
    std::int64_t zero_ = 0;
};

}  // namespace join
