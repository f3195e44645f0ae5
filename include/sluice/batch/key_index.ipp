#pragma once

#include <sluice/batch/key_index.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY void KeyIndex::erase(std::uint32_t tag, std::uint32_t number) noexcept
{
    auto const mask = slots_.size() - 1;
    std::size_t hole = tag >> shift_;
    while (slots_[hole].entry != number + 1) hole = (hole + 1) & mask;
    if (auto const distance = (hole - (tag >> shift_)) & mask; distance >= Crowding::near) crowding_.remove(distance);
    for (std::size_t i = (hole + 1) & mask; slots_[i].entry != 0; i = (i + 1) & mask) {
        // What stands at i may move to the hole unless that is before the place where it is looked for first.
        auto const distance = (i - (slots_[i].tag >> shift_)) & mask;
        auto const nearer = (i - hole) & mask;
        if (distance < nearer) continue;
        if (distance >= Crowding::near) crowding_.remove(distance - nearer >= Crowding::near ? nearer : distance);
        slots_[hole] = slots_[i];
        hole = i;
    }
    slots_[hole] = {0, 0};
    --size_;
}

SLUICE_COLD SLUICE_BODY bool KeyIndex::fill(Slots& slots, unsigned shift, Crowding& crowding, void const* of, TagOf tagOf) const
{
    auto const mask = slots.size() - 1;
    std::memset(slots.data(), 0, slots.size() * sizeof(Slot));
    for (Slot slot : slots_) {
        if (slot.entry == 0) continue;
        if (crowding.seed() != crowding_.seed()) slot.tag = tagOf(of, slot.entry - 1, crowding.seed());
        std::size_t i = slot.tag >> shift;
        while (slots[i].entry != 0) i = (i + 1) & mask;
        slots[i] = slot;
        auto const distance = (i - (slot.tag >> shift)) & mask;
        if (distance >= Crowding::near && crowding.add(distance, size_) && tagOf != nullptr) return false;
    }
    return true;
}

SLUICE_COLD SLUICE_BODY void KeyIndex::rebuild(std::size_t keys, void const* of, TagOf tagOf)
{
    auto const wanted = std::bit_ceil(keys * 2 < 16 ? std::size_t{16} : keys * 2);
    bool const grows = wanted > slots_.size();
    Slots slots(grows ? wanted : slots_.size());
    auto const shift = static_cast<unsigned>(32 - std::countr_zero(slots.size()));
    Crowding crowding;
    crowding.restart(tagOf == nullptr ? crowding_.seed() : grows ? 0 : crowding_.another(slots.data()));
    for (std::size_t tolerance = 1; !fill(slots, shift, crowding, of, tagOf); tolerance *= 2) {
        crowding.restart(crowding.another(slots.data()), tolerance);
    }
    slots_.swap(slots);
    shift_ = shift;
    crowding_ = crowding;
    crowded_ = false;
}

SLUICE_COLD SLUICE_BODY void KeyIndex::renumber(std::uint32_t const* numbers) noexcept
{
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].entry != 0) slots_[i].entry = numbers[slots_[i].entry - 1] + 1;
    }
    auto const wanted = std::bit_ceil(size_ * 2 < 16 ? std::size_t{16} : size_ * 2);
    if (wanted >= slots_.size()) return;
    try {
        Slots slots(wanted);
        auto const shift = static_cast<unsigned>(32 - std::countr_zero(wanted));
        Crowding crowding;
        crowding.restart(crowding_.seed());
        fill(slots, shift, crowding, nullptr, nullptr);
        slots_.swap(slots);
        shift_ = shift;
        crowding_ = crowding;
    } catch (std::bad_alloc const&) {  // then it stays as large as it is
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
