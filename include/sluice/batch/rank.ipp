#pragma once

#include <sluice/batch/rank.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void sortByRank(PageVector<Ranked>& items, PageVector<Ranked>& room)
{
    if (items.size() < 64) {
        for (std::size_t i = 1; i < items.size(); ++i) {
            auto const item = items[i];
            std::size_t at = i;
            for (; at > 0 && items[at - 1].rank > item.rank; --at) items[at] = items[at - 1];
            items[at] = item;
        }
        return;
    }
    constexpr std::size_t digits = sizeof(std::uint64_t);
    std::size_t begins[digits][256] = {};
    for (auto const& item : items) {
        for (std::size_t d = 0; d < digits; ++d) ++begins[d][item.rank >> 8 * d & 255];
    }
    room.resize(items.size());
    for (std::size_t d = 0; d < digits; ++d) {
        auto& begin = begins[d];
        if (begin[items[0].rank >> 8 * d & 255] == items.size()) continue;
        std::size_t sum = 0;
        for (auto& count : begin) {
            auto const n = count;
            count = sum;
            sum += n;
        }
        for (auto const& item : items) room[begin[item.rank >> 8 * d & 255]++] = item;
        items.swap(room);
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
