#pragma once

#include "../huge.hpp"
#include "../runner.hpp"
#include "../simd.hpp"
#include "../two_threads.hpp"
#include "rows.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <vector>

// Values are added up by key as fast as we can write it for just this. Three ways, of which each is the best at some size: a flat table;
// the same with the entries of 64 rows fetched before the first of them is looked at; and rows that are first dealt out to 64 or more
// parts by their hash, so that the table of a part lies in the cache. All memory stays from batch to batch.

namespace reduce_by_key {

// What the ways ask of a key.

inline std::uint64_t hashOfInteger(std::int64_t key)
{
    auto x = static_cast<std::uint64_t>(key);
#if defined(__SSE4_2__)
    return _mm_crc32_u64(0, x) << 32;
#else
    x ^= x >> 32;
    x *= 0x9e3779b97f4a7c15ULL;
    return x ^ x << 32;
#endif
}

/// An integer: 16 bytes an entry. Zero is a key as any other: it has an entry of its own.
struct IntegerKey {
    using Row = IntegerRow;
    struct Entry {
        std::int64_t key;
        std::int64_t sum;
    };
    static std::uint64_t hash(Row const& row) { return hashOfInteger(row.first); }
    static std::uint64_t hash(Entry const& entry) { return hashOfInteger(entry.key); }
    static bool isEmpty(Entry const& entry) { return entry.key == 0; }
    static bool outside(Row const& row) { return row.first == 0; }
    static bool holds(Entry const& entry, Row const& row) { return entry.key == row.first; }
    static Entry entryOf(Row const& row) { return {row.first, row.second}; }
    static Row rowOf(Entry const& entry) { return {entry.key, entry.sum}; }
    static std::int64_t keyOf(Entry const& entry) { return entry.key; }
};

/// A text of at most 15 bytes, read where it stands: 16 bytes behind its begin must be readable.
struct TextKey {
    struct Row {
        std::uint64_t low;
        std::uint64_t high;
        std::int64_t value;

        Row() = default;
        explicit Row(TextRow const& row) : value(row.second)
        {
            static constexpr auto masks = [] {
                std::array<std::array<std::uint64_t, 2>, 16> all{};
                for (unsigned n = 0; n < 16; ++n) {
                    all[n][0] = n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * n) - 1;
                    all[n][1] = n > 8 ? (std::uint64_t{1} << 8 * (n - 8)) - 1 : 0;
                }
                return all;
            }();
            auto const size = row.first.size();
            std::memcpy(&low, row.first.data(), 8);
            std::memcpy(&high, row.first.data() + 8, 8);
            low &= masks[size][0];
            high = (high & masks[size][1]) | std::uint64_t{size + 1} << 56;
        }
    };
    struct alignas(32) Entry {
        std::uint64_t low;
        std::uint64_t high;  // its last byte is the size and one more: 0 is an empty entry
        std::int64_t sum;
    };
    template <class R>
    static std::uint64_t hash(R const& row)
    {
        return (row.low ^ std::rotl(row.high, 23)) * 0xd6e8feb86659fd93ULL;
    }
    static bool isEmpty(Entry const& entry) { return entry.high == 0; }
    static constexpr bool outside(Row const&) { return false; }
    static bool holds(Entry const& entry, Row const& row) { return ((entry.low ^ row.low) | (entry.high ^ row.high)) == 0; }
    static Entry entryOf(Row const& row) { return {row.low, row.high, row.value}; }
    static std::string_view keyOf(Entry const& entry)
    {
        return {reinterpret_cast<char const*>(&entry), static_cast<std::size_t>(entry.high >> 56) - 1};
    }
    static Row rowOf(Entry const& entry)
    {
        Row row;
        row.low = entry.low;
        row.high = entry.high;
        row.value = entry.sum;
        return row;
    }
};

inline std::int64_t valueOf(IntegerRow const& row) { return row.second; }
inline std::int64_t valueOf(TextKey::Row const& row) { return row.value; }
inline std::int64_t rowOf(std::int64_t row) { return row; }
inline IntegerRow const& rowOf(IntegerRow const& row) { return row; }
inline TextKey::Row rowOf(TextRow const& row) { return TextKey::Row{row}; }

template <class Key>
class Table {
public:
    using Row = typename Key::Row;
    using Entry = typename Key::Entry;

    /// `sparse`: not that of a part.
    explicit Table(bool sparse = true) : entries_(std::size_t{1} << 12), shift_(64 - 12), sparse_(sparse) {}

    void clear()
    {
        entries_.clear();
        used_ = 0;
        outside_ = 0;
        hasOutside_ = false;
    }
    /// Bits of the hash that are the same in all of its rows.
    void skipBits(int bits) { skipped_ = bits; }

    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&entries_[placeOf(hash)], 1); }
    void add(Row const& row, std::uint64_t hash)
    {
        if (Key::outside(row)) [[unlikely]] {
            outside_ += valueOf(row);
            hasOutside_ = true;
            return;
        }
        for (auto i = placeOf(hash);; i = (i + 1) & (entries_.size() - 1)) {
            auto& entry = entries_[i];
            if (Key::holds(entry, row)) {
                entry.sum += valueOf(row);
                return;
            }
            if (Key::isEmpty(entry)) {
                entry = Key::entryOf(row);
                if (++used_ > most()) grow();
                return;
            }
        }
    }
    template <class F>
    void each(F&& f) const
    {
        for (auto const& entry : entries_) {
            if (!Key::isEmpty(entry)) f(Key::keyOf(entry), entry.sum);
        }
        if constexpr (std::is_same_v<Key, IntegerKey>) {
            if (hasOutside_) f(std::int64_t{0}, outside_);
        }
    }

    /// The same as rows, to go into another table.
    template <class F>
    void eachRow(F&& f) const
    {
        for (auto const& entry : entries_) {
            if (!Key::isEmpty(entry)) f(Key::rowOf(entry));
        }
        if constexpr (std::is_same_v<Key, IntegerKey>) {
            if (hasOutside_) f(Row{0, outside_});
        }
    }

private:
    [[nodiscard]] std::size_t placeOf(std::uint64_t hash) const { return hash << skipped_ >> shift_; }

    /// A sixteenth of a small table, so that nearly each key is found at once; two fifths of that of a part, which is cleared and gone
    /// through for each part.
    [[nodiscard]] std::size_t most() const
    {
        if (!sparse_) return entries_.size() * 2 / 5;
        return entries_.size() < 1 << 14 ? entries_.size() / 16 : entries_.size() / 4;
    }
    void grow()
    {
        auto const old = std::exchange(entries_, bench::Huge<Entry>{entries_.size() * 2});
        --shift_;
        for (auto const& entry : old) {
            if (Key::isEmpty(entry)) continue;
            auto i = placeOf(Key::hash(entry));
            while (!Key::isEmpty(entries_[i])) i = (i + 1) & (entries_.size() - 1);
            entries_[i] = entry;
        }
    }

    bench::Huge<Entry> entries_;
    int shift_;
    bool sparse_;
    int skipped_ = 0;
    std::size_t used_ = 0;
    std::int64_t outside_ = 0;
    bool hasOutside_ = false;
};

template <class Key, class Rows>
void reduceDirectly(Rows const& rows, Table<Key>& table)
{
    for (auto const& one : rows) {
        auto const& row = rowOf(one);
        table.add(row, Key::hash(row));
    }
}

template <class Key, class Rows>
void reducePrefetched(Rows const& rows, Table<Key>& table)
{
    typename Key::Row block[64];
    std::uint64_t hashes[64];
    auto const* const data = rows.data();
    for (std::size_t at = 0; at < rows.size(); at += 64) {
        auto const n = std::min<std::size_t>(64, rows.size() - at);
        for (std::size_t i = 0; i < n; ++i) {
            block[i] = rowOf(data[at + i]);
            hashes[i] = Key::hash(block[i]);
            table.prefetch(hashes[i]);
        }
        for (std::size_t i = 0; i < n; ++i) table.add(block[i], hashes[i]);
    }
}

/// Rows dealt out by the upper bits of their hash, by way of a buffer of a few cache lines for each part, which is written past the caches.
template <class Key, class TableOfPart = Table<Key>>
class Parts {
public:
    using Row = typename Key::Row;

    explicit Parts(int bits) : bits_(bits), counts_(std::size_t{1} << bits), begins_((std::size_t{1} << bits) + 1), table_(false)
    {
        table_.skipBits(bits);
    }

    /// Counts first, so that each part has its place.
    template <class Rows>
    void deal(Rows const& rows)
    {
        auto const parts = std::size_t{1} << bits_;
        std::fill(counts_.begin(), counts_.end(), 0);
        for (auto const& one : rows) ++counts_[partOf(Key::hash(rowOf(one)))];
        begins_[0] = 0;
        for (std::size_t p = 0; p < parts; ++p) begins_[p + 1] = begins_[p] + (counts_[p] + deep - 1) / deep * deep;
        if (dealt_.size() < begins_[parts]) dealt_ = bench::Huge<Row>{begins_[parts]};
        if (buffers_.size() == 0) buffers_ = bench::Huge<std::array<Row, deep>>{parts};
        std::vector<std::size_t> at(begins_.begin(), begins_.end() - 1);
        std::vector<unsigned char> filled(parts, 0);
        for (auto const& one : rows) {
            Row const row = rowOf(one);
            auto const p = partOf(Key::hash(row));
            buffers_[p][filled[p]] = row;
            if (++filled[p] == deep) {
                bench::simd::stream(&dealt_[at[p]], buffers_[p].data(), sizeof buffers_[p]);
                at[p] += deep;
                filled[p] = 0;
            }
        }
        for (std::size_t p = 0; p < parts; ++p) {
            for (std::size_t i = 0; i < filled[p]; ++i) dealt_[at[p] + i] = buffers_[p][i];
        }
        bench::simd::streamed();
    }
    [[nodiscard]] std::span<Row const> part(std::size_t p) const { return {&dealt_[begins_[p]], counts_[p]}; }
    [[nodiscard]] std::size_t size() const { return std::size_t{1} << bits_; }

    /// f(table) for each part.
    template <class Rows, class F>
    void reduce(Rows const& rows, F&& f)
    {
        deal(rows);
        for (std::size_t p = 0; p < size(); ++p) {
            table_.clear();
            for (auto const& row : part(p)) table_.add(row, Key::hash(row));
            f(table_);
        }
    }

private:
    static constexpr std::size_t deep = 16;

    [[nodiscard]] std::size_t partOf(std::uint64_t hash) const { return hash >> (64 - bits_); }

    int bits_;
    std::vector<std::size_t> counts_;
    std::vector<std::size_t> begins_;
    bench::Huge<std::array<Row, deep>> buffers_;
    bench::Huge<Row> dealt_;
    TableOfPart table_;
};

/// Few keys: each thread a half of the rows, then one table into the other. Many: each thread deals out a half of the rows, then
/// reduces every second part.
template <class Key>
class TwoThreads {
public:
    explicit TwoThreads(int bits)
        : bits_(bits),
          parts_{Parts<Key>{std::max(bits, 1)}, Parts<Key>{std::max(bits, 1)}},
          tables_{Table<Key>{bits == 0}, Table<Key>{bits == 0}}
    {
        for (auto& table : tables_) table.skipBits(bits);
    }

    /// f(thread, table) for each table.
    template <class Rows, class F>
    void reduce(Rows const& rows, F&& f)
    {
        using Half = std::span<typename Rows::value_type const>;
        auto const middle = rows.size() / 2;
        Half const halves[] = {Half{rows.data(), middle}, Half{rows.data() + middle, rows.size() - middle}};
        if (bits_ == 0) {
            threads_.both([&](int i) {
                tables_[i].clear();
                reduceDirectly(halves[i], tables_[i]);
            });
            tables_[1].eachRow([&](auto const& row) { tables_[0].add(row, Key::hash(row)); });
            f(0, tables_[0]);
            return;
        }
        threads_.both([&](int i) { parts_[i].deal(halves[i]); });
        threads_.both([&](int i) {
            for (std::size_t p = static_cast<std::size_t>(i); p < parts_[0].size(); p += 2) {
                tables_[i].clear();
                for (auto const& dealt : parts_) {
                    for (auto const& row : dealt.part(p)) tables_[i].add(row, Key::hash(row));
                }
                f(i, tables_[i]);
            }
        });
    }

private:
    bench::SecondThread threads_;
    int bits_;
    Parts<Key> parts_[2];
    Table<Key> tables_[2];
};

}  // namespace reduce_by_key
