#pragma once

#include <sluice/batch/rank.hpp>
#include <sluice/batch/rank_sort.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void sortByRank(PageVector<Ranked>& items, PageVector<Ranked>& room)
{
    room.resize(items.size());
    rankSort(items.data(), room.data(), items.size(), [](Ranked const& item) { return item.rank; });
}

}  // namespace sluice::inline SLUICE_ABI::detail
