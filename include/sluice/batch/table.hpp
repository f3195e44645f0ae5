#pragma once

#include <sluice/batch/arena.hpp>
#include <sluice/batch/crowding.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Sorts numbers by merging runs, longer and longer ones.
SLUICE_COLD inline void sortNumbers(std::vector<std::uint64_t>& numbers)
{
    std::vector<std::uint64_t> merged(numbers.size());
    for (std::size_t run = 1; run < numbers.size(); run *= 2) {
        for (std::size_t begin = 0; begin < numbers.size(); begin += 2 * run) {
            auto const middle = numbers.size() - begin > run ? begin + run : numbers.size();
            auto const end = numbers.size() - middle > run ? middle + run : numbers.size();
            for (std::size_t to = begin, i = begin, j = middle; to < end; ++to) {
                merged[to] = j == end || (i < middle && numbers[i] <= numbers[j]) ? numbers[i++] : numbers[j++];
            }
        }
        numbers.swap(merged);
    }
}

/// A flat hash table that keeps its entries in the order of their first occurrence, side by side: the next loop runs
/// over an array. Open addressing with linear probing over slots of eight bytes (32 bits of hash, 32 of index), at most
/// half full; clear keeps the memory. Slots stand in the order of hashes, whatever the table's size: tables of the same keys
/// can be run through side by side (`inHashOrder`). Keys that crowd are hashed anew (`Crowding`), until it is cleared.
template <class K, class V>
class Table {
public:
    using Entry = std::pair<K, V>;

    [[nodiscard]] std::vector<Entry> const& entries() const { return entries_; }
    [[nodiscard]] std::vector<Entry>& entries() { return entries_; }
    /// The hash's part that says where the entry stands in a table without a seed.
    [[nodiscard]] std::uint32_t tagOf(std::size_t index) const
    {
        return crowding_.seed() == 0 ? tags_[index] : seededTag(entries_[index].first, 0);
    }
    [[nodiscard]] Crowding const& crowding() const { return crowding_; }
    [[nodiscard]] Arena& arena() { return arena_; }

    /// Where the key's value is, and whether it was there: if not, makeEntry() has made it.
    template <class Q, class Make, class Found>
    void upsert(std::uint32_t tag, Q const& key, Make&& makeEntry, Found&& found)
    {
        if (special_) tag = tagFor(tag, key);
        auto const* const slots = slots_.data();
        std::size_t i = tag >> shift_;
        for (; slots[i].entry != 0; i = (i + 1) & mask_) {
            if (slots[i].tag != tag) continue;
            Entry& entry = entries_[slots[i].entry - 1];
            if (sameKey(entry.first, key)) return found(entry.second);
        }
        if (entries_.size() * 2 > mask_) {
            tag = tagInLarger(tag, key);
            i = freeSlot(tag);
        }
        entries_.push_back(makeEntry());
        try {
            tags_.push_back(tag);
        } catch (...) {
            entries_.pop_back();
            throw;
        }
        slots_[i] = {tag, static_cast<std::uint32_t>(entries_.size())};
        auto const distance = (i - (tag >> shift_)) & mask_;
        if (distance >= Crowding::near && crowding_.add(distance, entries_.size())) reseed();
    }

    /// f(tag, index) for each entry, nearly in the order of their hashes: keys of one hash, and where slots collide, stand as they came.
    template <class F>
    void inHashOrder(F&& f) const
    {
        if (crowding_.seed() != 0) {
            std::vector<std::uint64_t> all;
            for (std::size_t e = 0; e < tags_.size(); ++e) all.push_back(std::uint64_t{tagOf(e)} << 32 | e);
            sortNumbers(all);
            for (auto const one : all) f(static_cast<std::uint32_t>(one >> 32), static_cast<std::uint32_t>(one));
            return;
        }
        Slot next[64];
        for (std::size_t begin = 0; begin < slots_.size(); begin += 64) {
            std::size_t n = 0;
            for (std::size_t i = begin; i < begin + 64 && i < slots_.size(); ++i) {
                next[n] = slots_[i];  // without a branch that nobody could predict
                n += slots_[i].entry != 0 ? 1 : 0;
            }
            for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(&entries_[next[i].entry - 1]);
            for (std::size_t i = 0; i < n; ++i) f(next[i].tag, next[i].entry - 1);
        }
    }

    void clear() noexcept
    {
        if (!entries_.empty() && !slots_.empty()) std::memset(slots_.data(), 0, slots_.size() * sizeof(Slot));
        entries_.clear();
        tags_.clear();
        arena_.clear();
        crowding_ = {};
        special_ = slots_.empty();
    }

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t entry;  // index + 1; 0: free
    };

    /// What stands for the key: in a table that has no slots yet, or has a seed. Small keys are handed on as copies: a loop whose
    /// key's address is needed somewhere keeps it in memory.
    template <class Q>
    std::uint32_t tagFor(std::uint32_t tag, Q const& key)
    {
        if constexpr (std::is_trivially_copyable_v<Q> && std::is_copy_constructible_v<Q> && sizeof(Q) <= 32) {
            Q const copy(key);
            return tagNow(tag, copy);
        } else {
            return tagNow(tag, key);
        }
    }
    template <class Q>
    SLUICE_COLD std::uint32_t tagNow(std::uint32_t tag, Q const& key)
    {
        if (slots_.empty()) grow();
        return crowding_.seed() == 0 ? tag : seededTag(key, crowding_.seed());
    }
    /// As tagNow, after more slots have been made, for which keys may have been hashed anew.
    template <class Q>
    std::uint32_t tagInLarger(std::uint32_t tag, Q const& key)
    {
        auto const seed = crowding_.seed();
        grow();
        return crowding_.seed() == seed ? tag : tagFor(tag, key);
    }

    [[nodiscard]] SLUICE_COLD std::size_t freeSlot(std::uint32_t tag) const noexcept
    {
        std::size_t i = tag >> shift_;
        while (slots_[i].entry != 0) i = (i + 1) & mask_;
        return i;
    }

    SLUICE_COLD void grow()
    {
        if (entries_.size() >= 0x7fffffffU) throw StreamError{"sluice: more than 2^31 keys in one partition"};
        std::vector<Slot> slots(slots_.empty() ? 16 : slots_.size() * 2);
        slots_.swap(slots);
        mask_ = slots_.size() - 1;
        shift_ = static_cast<unsigned>(32 - std::countr_zero(slots_.size()));
        crowding_.restart(crowding_.seed());
        special_ = crowding_.seed() != 0;
        if (!putAll()) reseed();
    }

    SLUICE_COLD void reseed() noexcept
    {
        special_ = true;
        std::size_t tolerance = 1;
        do {
            crowding_.restart(crowding_.another(this), tolerance);
            tolerance *= 2;
            for (std::size_t e = 0; e < entries_.size(); ++e) tags_[e] = seededTag(entries_[e].first, crowding_.seed());
            std::memset(slots_.data(), 0, slots_.size() * sizeof(Slot));
        } while (!putAll());
    }

    /// All entries by their tags, until they crowd: whether they do not.
    [[nodiscard]] bool putAll() noexcept
    {
        auto* const slots = slots_.data();
        auto const mask = mask_;
        auto const shift = shift_;
        for (std::size_t e = 0; e < entries_.size(); ++e) {
            std::size_t const home = tags_[e] >> shift;
            std::size_t i = home;
            while (slots[i].entry != 0) i = (i + 1) & mask;
            slots[i] = {tags_[e], static_cast<std::uint32_t>(e + 1)};
            auto const distance = (i - home) & mask;
            if (distance >= Crowding::near && crowding_.add(distance, entries_.size())) return false;
        }
        return true;
    }

    std::vector<Slot> slots_;
    std::size_t mask_ = 0;
    unsigned shift_ = 32;
    bool special_ = true;  // it has no slots, or a seed
    Crowding crowding_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> tags_;  // with the table's seed
    Arena arena_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
