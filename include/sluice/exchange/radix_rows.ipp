#pragma once

#include <sluice/exchange/radix_rows.hpp>

#include <bit>
#include <new>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY PageBlock::PageBlock(std::size_t bytes) : bytes_(std::bit_ceil(bytes < 64 ? std::size_t{64} : bytes))
{
    data_ = allocatePages(bytes_);
}

SLUICE_COLD SLUICE_BODY void RadixRows::start(std::size_t rows, std::size_t bytesEach)
{
    auto const segments = rows / inSegment + radixParts;
    auto const aligned = [](std::size_t bytes) { return (bytes + 63) / 64 * 64; };
    auto const before = aligned(sizeof(Head)) + aligned(segments * sizeof(std::uint32_t)) + aligned(segments * inSegment);
    block_ = PageBlock(before + segments * inSegment * bytesEach);
    auto* at = block_.data();
    head_ = ::new (static_cast<void*>(at)) Head;
    at += aligned(sizeof(Head));
    head_->next = reinterpret_cast<std::uint32_t*>(at);
    at += aligned(segments * sizeof(std::uint32_t));
    head_->end = head_->ids = at;
    head_->segments = block_.data() + before;
    head_->bytes = inSegment * bytesEach;
    head_->used = radixParts;
    head_->all = segments;
    for (std::size_t p = 0; p < radixParts; ++p) head_->parts[p] = {segment(p), 0, static_cast<std::uint32_t>(p)};
}

SLUICE_BODY bool RadixRows::nextSegment(std::size_t part) noexcept
{
    if (head_->used == head_->all) return false;
    auto const number = static_cast<std::uint32_t>(head_->used++);
    auto& at = head_->parts[part].at;
    head_->next[static_cast<std::size_t>(at - head_->segments) / head_->bytes - 1] = number;
    at = segment(number);
    return true;
}

SLUICE_BODY std::size_t partsOfNew(std::uint8_t const* ids, std::size_t size, std::uint8_t const* isNew, std::uint32_t const* counts,
                                   std::uint8_t* to)
{
    std::uint8_t const* next[radixParts];
    for (std::size_t p = 0; p < radixParts; ++p) {
        next[p] = isNew;
        isNew += counts[p];
    }
    auto* const begin = to;
    for (std::size_t i = 0; i < size; ++i) {  // without a branch that nobody could predict
        auto const part = ids[i];
        *to = part;
        to += *next[part]++;
    }
    return static_cast<std::size_t>(to - begin);
}

SLUICE_COLD SLUICE_BODY void RadixOrder::divide(std::size_t size, std::uint32_t* begins) const noexcept
{
    for (std::size_t p = 0; p <= radixParts; ++p) begins[p] = 0;
    for (std::size_t e = 0; e < size; ++e) ++begins[ids.data()[e] + 1];
    for (std::size_t p = 0; p < radixParts; ++p) begins[p + 1] += begins[p];
}

SLUICE_COLD SLUICE_BODY std::size_t RadixOrder::beginMeeting(std::uint32_t const* begins, RadixRows const& rows)
{
    auto const stored = begins != nullptr ? std::size_t{begins[radixParts]} : 0;
    auto const all = stored + (rows.has() ? rows.size() : 0);
    isNew = PageBlock(all);
    nextIsNew[0] = isNew.data();
    nextIsNew[1] = isNew.data() + stored;
    return all;
}

SLUICE_COLD SLUICE_BODY std::uint8_t* RadixOrder::endMeeting(std::uint32_t const* begins, RadixRows const& rows,
                                                             std::uint8_t* to) const noexcept
{
    if (begins == nullptr) return to;
    std::uint32_t counts[radixParts];
    for (std::size_t p = 0; p < radixParts; ++p) counts[p] = begins[p + 1] - begins[p];
    to += partsOfNew(ids.data(), begins[radixParts], isNew.data(), counts, to);
    if (!rows.has()) return to;
    for (std::size_t p = 0; p < radixParts; ++p) counts[p] = rows.count(p);
    return to + partsOfNew(rows.ids(), rows.size(), isNew.data() + begins[radixParts], counts, to);
}

}  // namespace sluice::inline SLUICE_ABI::detail
