#pragma once

#include <sluice/batch/key.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// A flat hash table that keeps its entries in the order of their first occurrence, side by side: the next loop runs
/// over an array. Open addressing with linear probing over slots of eight bytes (32 bits of hash, 32 of index), at most
/// half full; clear keeps the memory. Slots stand in the order of hashes, whatever the table's size: tables of the same keys
/// can be run through side by side (`inHashOrder`).
template <class K, class V>
class Table {
public:
    using Entry = std::pair<K, V>;

    [[nodiscard]] std::vector<Entry> const& entries() const { return entries_; }
    [[nodiscard]] std::vector<Entry>& entries() { return entries_; }
    [[nodiscard]] std::uint32_t tagOf(std::size_t index) const { return tags_[index]; }
    [[nodiscard]] Arena& arena() { return arena_; }

    /// Where the key's value is, and whether it was there: if not, makeEntry() has made it.
    template <class Q, class Make, class Found>
    void upsert(std::uint32_t tag, Q const& key, Make&& makeEntry, Found&& found)
    {
        if (entries_.size() * 2 >= slots_.size()) grow();
        auto const mask = slots_.size() - 1;
        for (std::size_t i = tag >> shift_;; i = (i + 1) & mask) {
            Slot& slot = slots_[i];
            if (slot.entry == 0) {
                entries_.push_back(makeEntry());
                try {
                    tags_.push_back(tag);
                } catch (...) {
                    entries_.pop_back();
                    throw;
                }
                slot = {tag, static_cast<std::uint32_t>(entries_.size())};
                return;
            }
            if (slot.tag == tag) {
                Entry& entry = entries_[slot.entry - 1];
                if (sameKey(entry.first, key)) return found(entry.second);
            }
        }
    }

    /// f(tag, index) for each entry, nearly in the order of their hashes: keys of one hash, and where slots collide, stand as they came.
    template <class F>
    void inHashOrder(F&& f) const
    {
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
    }

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t entry;  // index + 1; 0: free
    };

    SLUICE_COLD void grow()
    {
        if (entries_.size() >= 0x7fffffffU) throw StreamError{"sluice: more than 2^31 keys in one partition"};
        std::vector<Slot> slots(slots_.empty() ? 16 : slots_.size() * 2);
        auto const mask = slots.size() - 1;
        auto const shift = static_cast<unsigned>(32 - std::countr_zero(slots.size()));
        for (std::size_t e = 0; e < entries_.size(); ++e) {
            std::size_t i = tags_[e] >> shift;
            while (slots[i].entry != 0) i = (i + 1) & mask;
            slots[i] = {tags_[e], static_cast<std::uint32_t>(e + 1)};
        }
        slots_ = std::move(slots);
        shift_ = shift;
    }

    std::vector<Slot> slots_;
    unsigned shift_ = 32;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> tags_;
    Arena arena_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
