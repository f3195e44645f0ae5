#pragma once

#include <sluice/batch/pages.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Which number a key has, where keys come and go: open addressing with linear probing over slots of eight bytes (32 bits
/// of hash, 32 of number), at most half full, in the order of hashes as in Table. Erasing moves back what was pushed on, so
/// that nothing slows down with time. Keys themselves are somewhere else; who asks compares them.
class KeyIndex {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    /// The number of the key with this tag for which same(number) holds, or none.
    template <class Same>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Same&& same) const
    {
        if (size_ == 0) return none;
        auto const mask = slots_.size() - 1;
        for (std::size_t i = tag >> shift_; slots_[i].entry != 0; i = (i + 1) & mask) {
            if (slots_[i].tag == tag && same(slots_[i].entry - 1)) return slots_[i].entry - 1;
        }
        return none;
    }

    /// Brings the slot that will be asked for.
    void prefetch(std::uint32_t tag) const
    {
        if (size_ != 0) __builtin_prefetch(&slots_[tag >> shift_]);
    }
    /// The number that find will most likely ask about, or none.
    [[nodiscard]] std::uint32_t likely(std::uint32_t tag) const
    {
        return size_ != 0 ? slots_[tag >> shift_].entry - 1 : none;
    }

    /// Makes room for so many keys in all: up to there insert cannot fail.
    void reserve(std::size_t keys)
    {
        if (keys * 2 > slots_.size()) grow(keys);
    }

    /// A key that is not there.
    void insert(std::uint32_t tag, std::uint32_t number)
    {
        reserve(size_ + 1);
        auto const mask = slots_.size() - 1;
        std::size_t i = tag >> shift_;
        while (slots_[i].entry != 0) i = (i + 1) & mask;
        slots_[i] = {tag, number + 1};
        ++size_;
    }

    /// A key that is there.
    void erase(std::uint32_t tag, std::uint32_t number) noexcept
    {
        auto const mask = slots_.size() - 1;
        std::size_t hole = tag >> shift_;
        while (slots_[hole].entry != number + 1) hole = (hole + 1) & mask;
        for (std::size_t i = (hole + 1) & mask; slots_[i].entry != 0; i = (i + 1) & mask) {
            // What stands at i may move to the hole unless that is before the place where it is looked for first.
            if (((i - (slots_[i].tag >> shift_)) & mask) < ((i - hole) & mask)) continue;
            slots_[hole] = slots_[i];
            hole = i;
        }
        slots_[hole] = {0, 0};
        --size_;
    }

    void clear() noexcept
    {
        if (size_ != 0) std::memset(slots_.data(), 0, slots_.size() * sizeof(Slot));
        size_ = 0;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(Slot); }

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t entry;  // number + 1; 0: free
    };
    using Slots = std::vector<Slot, PageAllocator<Slot>>;

    SLUICE_COLD void grow(std::size_t keys)
    {
        Slots slots(std::bit_ceil(keys * 2 < 16 ? std::size_t{16} : keys * 2));
        auto const mask = slots.size() - 1;
        shift_ = static_cast<unsigned>(32 - std::countr_zero(slots.size()));
        for (Slot const& slot : slots_) {
            if (slot.entry == 0) continue;
            std::size_t i = slot.tag >> shift_;
            while (slots[i].entry != 0) i = (i + 1) & mask;
            slots[i] = slot;
        }
        slots_.swap(slots);
    }

    Slots slots_;
    unsigned shift_ = 32;
    std::size_t size_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
