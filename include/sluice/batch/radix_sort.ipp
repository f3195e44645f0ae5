#pragma once

#include <sluice/batch/radix_sort.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void radixSort(List<std::uint64_t>& items, List<std::uint64_t>& room, std::uint32_t bound)
{
    if (items.size() < 64) {
        for (std::size_t i = 1; i < items.size(); ++i) {
            auto const item = items[i];
            std::size_t at = i;
            for (; at > 0 && items[at - 1] >> 32 > item >> 32; --at) items[at] = items[at - 1];
            items[at] = item;
        }
        return;
    }
    constexpr unsigned bits = 11;
    constexpr std::size_t digits = std::size_t{1} << bits;
    room.resize(items.size());
    for (unsigned shift = 32; shift < 64 && (bound - std::uint64_t{1}) >> (shift - 32) != 0; shift += bits) {
        std::uint32_t begins[digits] = {};
        for (auto const item : items) ++begins[item >> shift & (digits - 1)];
        std::uint32_t begin = 0;
        for (auto& count : begins) {
            auto const n = count;
            count = begin;
            begin += n;
        }
        for (auto const item : items) room[begins[item >> shift & (digits - 1)]++] = item;
        items.swap(room);
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
