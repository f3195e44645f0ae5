#pragma once

#include <sluice/batch/slab.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void RawSlab::addPiece()
{
    if (count_ == std::size(pieces_)) throw std::bad_alloc{};  // more numbers than there are
    free_.reserve(sizeOf(count_ + 1) - first);
    auto* const piece = static_cast<std::uint64_t*>(allocatePages(bytesOf(count_)));
    auto* const live = piece + wordsAt(count_);
    for (std::size_t i = 0; i < sizeOf(count_) / 64; ++i) live[i] = 0;
    pieces_[count_++] = {piece, live};
}

SLUICE_COLD SLUICE_BODY void RawSlab::release() noexcept
{
    for (; count_ > 0; --count_) releasePages(pieces_[count_ - 1].things, bytesOf(count_ - 1));
    free_.clear();
    end_ = 0;
}

SLUICE_BODY bool RawSlab::next(Run& run) const noexcept
{
    for (auto number = run.number + run.count; number < end_;) {
        auto const k = pieceOf(number);
        auto const* const live = pieces_[k].live;
        auto const begin = static_cast<std::uint32_t>(sizeOf(k)) - first;
        auto const size = end_ - begin < sizeOf(k) ? end_ - begin : static_cast<std::uint32_t>(sizeOf(k));
        for (auto i = number - begin; i < size;) {
            auto const rest = live[i / 64] >> (i % 64);
            if (rest == 0) {
                i = (i / 64 + 1) * 64;
                continue;
            }
            i += static_cast<std::uint32_t>(std::countr_zero(rest));
            auto last = i;  // behind the run
            do {
                last += static_cast<std::uint32_t>(std::countr_one(live[last / 64] >> (last % 64)));
            } while (last % 64 == 0 && last < size && (live[last / 64] & 1) != 0);
            run = {begin + i, last - i};
            return true;
        }
        number = begin + size;
    }
    return false;
}

}  // namespace sluice::inline SLUICE_ABI::detail
