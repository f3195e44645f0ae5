#pragma once

#include <sluice/batch/key_index.hpp>

namespace sluice::inline SLUICE_ABI::detail {

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

}  // namespace sluice::inline SLUICE_ABI::detail
