#pragma once

#include <sluice/batch/list.hpp>

#include <cstddef>
#include <cstdint>

namespace sluice::inline SLUICE_ABI::detail {

/// Items in the order of their upper 32 bits, which are below `bound`; equal ones stay in their order. By digits from the lowest
/// on (Knuth, The Art of Computer Programming 3, 5.2.5), few of them by insertion. `room` is kept for its memory.
void radixSort(List<std::uint64_t>& items, List<std::uint64_t>& room, std::uint32_t bound);

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/radix_sort.ipp>
#endif
