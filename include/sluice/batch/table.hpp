#pragma once

#include <sluice/batch/key.hpp>

#include <cstdint>
#include <cstring>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// A flat hash table that keeps its entries in the order of their first occurrence, side by side: the next loop runs
/// over an array. Open addressing with linear probing over slots of eight bytes (32 bits of hash, 32 of index), at most
/// half full; clear keeps the memory.
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
        for (std::size_t i = tag & mask;; i = (i + 1) & mask) {
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
        for (std::size_t e = 0; e < entries_.size(); ++e) {
            std::size_t i = tags_[e] & mask;
            while (slots[i].entry != 0) i = (i + 1) & mask;
            slots[i] = {tags_[e], static_cast<std::uint32_t>(e + 1)};
        }
        slots_ = std::move(slots);
    }

    std::vector<Slot> slots_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> tags_;
    Arena arena_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
