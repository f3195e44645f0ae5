#pragma once

#include "../huge.hpp"
#include "../simd.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

// Rows by an integer key, in the order in which they stood where keys are the same, as fast as we can write it for keys that are spread over
// all integers: dealt out by their first ten bits, so that a part lies in the cache; a part is sorted by the next bits from the last of
// these to the first, 11 at a time, and what is left, which is nearly nothing, by insertion.

namespace sorting {

using Row = std::pair<std::int64_t, std::int64_t>;

class Sorter {
public:
    std::span<Row const> operator()(std::span<Row const> rows)
    {
        if (rows_.size() < rows.size() + parts * deep) {
            rows_ = bench::Huge<Row>{rows.size() + parts * deep};
            sorted_ = bench::Huge<Row>{rows.size()};
            buffers_ = bench::Huge<std::array<Row, deep>>{parts};
        }
        deal(rows);
        std::size_t at = 0;
        for (std::size_t p = 0; p < parts; ++p) {
            sortPart(&rows_[begins_[p]], &sorted_[at], counts_[p]);
            at += counts_[p];
        }
        return {sorted_.data(), rows.size()};
    }

private:
    static constexpr int bits = 10;
    static constexpr std::size_t parts = std::size_t{1} << bits;
    static constexpr std::size_t deep = 16;

    /// So that it is compared without a sign.
    static std::uint64_t keyOf(Row const& row) { return static_cast<std::uint64_t>(row.first) ^ std::uint64_t{1} << 63; }

    void deal(std::span<Row const> rows)
    {
        counts_.fill(0);
        for (auto const& row : rows) ++counts_[keyOf(row) >> (64 - bits)];
        std::array<std::size_t, parts> at;
        std::size_t sum = 0;
        for (std::size_t p = 0; p < parts; ++p) {
            begins_[p] = at[p] = sum;
            sum += (counts_[p] + deep - 1) / deep * deep;
        }
        std::array<unsigned char, parts> filled{};
        for (auto const& row : rows) {
            auto const p = keyOf(row) >> (64 - bits);
            buffers_[p][filled[p]] = row;
            if (++filled[p] == deep) {
                bench::simd::stream(&rows_[at[p]], buffers_[p].data(), sizeof buffers_[p]);
                at[p] += deep;
                filled[p] = 0;
            }
        }
        for (std::size_t p = 0; p < parts; ++p) {
            for (std::size_t i = 0; i < filled[p]; ++i) rows_[at[p] + i] = buffers_[p][i];
        }
        bench::simd::streamed();
    }

    /// By 22 bits in two steps, there and back in the cache, then out.
    void sortPart(Row* from, Row* to, std::size_t size)
    {
        if (size < 64) {
            std::copy(from, from + size, to);
        } else {
            step(from, to, size, 64 - bits - 22);
            step(to, from, size, 64 - bits - 11);
            std::copy(from, from + size, to);
        }
        for (std::size_t i = 1; i < size; ++i) {
            Row const row = to[i];
            auto k = i;
            for (; k > 0 && row.first < to[k - 1].first; --k) to[k] = to[k - 1];
            to[k] = row;
        }
    }
    void step(Row const* from, Row* to, std::size_t size, int shift)
    {
        constexpr std::size_t values = 1 << 11;
        std::array<std::uint32_t, values> places{};
        for (std::size_t i = 0; i < size; ++i) ++places[keyOf(from[i]) >> shift & (values - 1)];
        std::uint32_t sum = 0;
        for (auto& place : places) place = std::exchange(sum, sum + place);
        for (std::size_t i = 0; i < size; ++i) to[places[keyOf(from[i]) >> shift & (values - 1)]++] = from[i];
    }

    bench::Huge<Row> rows_;
    bench::Huge<Row> sorted_;
    bench::Huge<std::array<Row, deep>> buffers_;
    std::array<std::size_t, parts> counts_{};
    std::array<std::size_t, parts> begins_{};
};

}  // namespace sorting
