#pragma once

#include "../huge.hpp"
#include "../runner.hpp"
#include "../simd.hpp"
#include "../two_threads.hpp"

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Words counted as fast as we can write it for just this: words are found 64 bytes at a time, and looked up in a flat table whose keys of up
// to 15 bytes lie in their entries; the entries of 64 words are fetched before the first of them is looked at, where the table is larger
// than the caches. The table stays from batch to batch. Longer words, which are few, have a map of their own.

namespace word_count {

/// A word of at most 15 bytes, its length in the last one.
struct ShortWord {
    std::uint64_t low;
    std::uint64_t high;

    ShortWord() = default;
    /// Reads 16 bytes.
    ShortWord(char const* at, std::size_t size)
    {
        static constexpr auto masks = [] {
            std::array<std::array<std::uint64_t, 2>, 16> all{};
            for (unsigned n = 0; n < 16; ++n) {
                all[n][0] = n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * n) - 1;
                all[n][1] = n > 8 ? (std::uint64_t{1} << 8 * (n - 8)) - 1 : 0;
            }
            return all;
        }();
        std::memcpy(&low, at, 8);
        std::memcpy(&high, at + 8, 8);
        low &= masks[size][0];
        high = (high & masks[size][1]) | std::uint64_t{size} << 56;
    }
    /// Its upper bits are good.
    [[nodiscard]] std::uint64_t hash() const { return (low ^ std::rotl(high, 23)) * 0xd6e8feb86659fd93ULL; }
    [[nodiscard]] std::string_view text() const { return {reinterpret_cast<char const*>(this), static_cast<std::size_t>(high >> 56)}; }
    friend bool operator==(ShortWord a, ShortWord b) { return ((a.low ^ b.low) | (a.high ^ b.high)) == 0; }
};

class WordTable {
public:
    struct alignas(32) Entry {  // none lies in two cache lines
        ShortWord word;
        std::int64_t count;
    };

    WordTable() : entries_(std::size_t{1} << 12) {}

    void clear()
    {
        entries_.clear();
        used_ = 0;
        long_.clear();
    }

    [[nodiscard]] std::size_t placeOf(std::uint64_t hash) const { return hash >> 40 & (entries_.size() - 1); }
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&entries_[placeOf(hash)], 1); }

    void add(ShortWord word, std::uint64_t hash, std::int64_t n = 1)
    {
        for (auto i = placeOf(hash);; i = (i + 1) & (entries_.size() - 1)) {
            auto& entry = entries_[i];
            if (entry.word == word) {
                entry.count += n;
                return;
            }
            if (entry.count == 0) {
                entry = {word, n};
                if (++used_ * (entries_.size() < many ? 8 : 4) > entries_.size()) grow();
                return;
            }
        }
    }
    void addLong(std::string_view word, std::int64_t n = 1) { long_[std::string(word)] += n; }

    template <class F>
    void each(F&& f) const
    {
        for (auto const& entry : entries_) {
            if (entry.count != 0) f(entry.word.text(), entry.count);
        }
        for (auto const& [word, count] : long_) f(std::string_view{word}, count);
    }
    /// Those of its entries whose hash has this highest bit.
    template <class F>
    void eachOf(std::uint64_t bit, F&& f) const
    {
        for (auto const& entry : entries_) {
            if (entry.count == 0) continue;
            if (auto const hash = entry.word.hash(); hash >> 63 == bit) f(entry, hash);
        }
    }
    [[nodiscard]] bool large() const { return entries_.size() * sizeof(Entry) > std::size_t{1} << 20; }
    [[nodiscard]] std::unordered_map<std::string, std::int64_t> const& longWords() const { return long_; }

private:
    static constexpr std::size_t many = 1 << 17;  // up to here an eighth is used, beyond it a quarter

    void grow()
    {
        auto const old = std::exchange(entries_, bench::Huge<Entry>{entries_.size() * 2});
        for (auto const& entry : old) {
            if (entry.count == 0) continue;
            auto i = placeOf(entry.word.hash());
            while (entries_[i].count != 0) i = (i + 1) & (entries_.size() - 1);
            entries_[i] = entry;
        }
    }

    bench::Huge<Entry> entries_;
    std::size_t used_ = 0;
    std::unordered_map<std::string, std::int64_t> long_;
};

/// f(begin, size) for each word. `slack` bytes behind the text are read.
template <class F>
void eachWord(std::string_view text, F&& f)
{
    std::uint64_t before = 1;  // whether the byte before is a space
    char const* begin = nullptr;
    auto const* const end = text.data() + text.size();
    for (auto const* at = text.data(); at < end; at += 64) {
        auto spaces = bench::simd::spaces(at);
        if (end - at < 64) spaces |= ~std::uint64_t{0} << (end - at);
        auto const shifted = spaces << 1 | before;
        before = spaces >> 63;
        auto edges = spaces ^ shifted;  // a word begins and ends in turn
        if (begin != nullptr && edges != 0) {
            auto const* const stop = at + std::countr_zero(edges);
            edges &= edges - 1;
            f(begin, static_cast<std::size_t>(stop - begin));
            begin = nullptr;
        }
        while (edges != 0) {
            auto const* const first = at + std::countr_zero(edges);
            edges &= edges - 1;
            if (edges == 0) {
                begin = first;
                break;
            }
            auto const* const stop = at + std::countr_zero(edges);
            edges &= edges - 1;
            f(first, static_cast<std::size_t>(stop - first));
        }
    }
    if (begin != nullptr) f(begin, static_cast<std::size_t>(end - begin));
}

/// Each word as it is found.
inline void countDirectly(std::string_view text, WordTable& table)
{
    eachWord(text, [&](char const* at, std::size_t size) {
        if (size > 15) return table.addLong({at, size});
        ShortWord const word{at, size};
        table.add(word, word.hash());
    });
}

/// 64 words are hashed, and their entries fetched, before the first of them is counted.
inline void countPrefetched(std::string_view text, WordTable& table)
{
    struct Found {
        ShortWord word;
        std::uint64_t hash;
    };
    Found found[64];
    std::size_t n = 0;
    auto const count = [&] {
        for (std::size_t i = 0; i < n; ++i) table.add(found[i].word, found[i].hash);
        n = 0;
    };
    eachWord(text, [&](char const* at, std::size_t size) {
        if (size > 15) return table.addLong({at, size});
        ShortWord const word{at, size};
        auto const hash = word.hash();
        found[n] = {word, hash};
        table.prefetch(hash);
        if (++n == 64) count();
    });
    count();
}

/// Two threads, each with a half of the text; then each gathers a half of the words.
class TwoThreads {
public:
    void count(std::string_view text)
    {
        auto half = text.size() / 2;
        while (half < text.size() && text[half] != '\n') ++half;
        std::string_view const halves[] = {text.substr(0, half), text.substr(half)};
        threads_.both([&](int i) {
            counted_[i].clear();
            if (counted_[i].large()) countPrefetched(halves[i], counted_[i]);
            else countDirectly(halves[i], counted_[i]);
        });
        threads_.both([&](int i) {
            gathered_[i].clear();
            for (auto const& table : counted_) {
                table.eachOf(static_cast<std::uint64_t>(i),
                             [&](auto const& entry, std::uint64_t hash) { gathered_[i].add(entry.word, hash, entry.count); });
            }
        });
        for (auto const& table : counted_) {
            for (auto const& [word, n] : table.longWords()) gathered_[0].addLong(word, n);
        }
    }
    template <class F>
    void each(F&& f) const
    {
        for (auto const& table : gathered_) table.each(f);
    }

private:
    bench::SecondThread threads_;
    WordTable counted_[2];
    WordTable gathered_[2];
};

}  // namespace word_count
