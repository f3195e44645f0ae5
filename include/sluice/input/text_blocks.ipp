#pragma once

#include <sluice/input/text_blocks.hpp>

#include <new>

#include <sys/mman.h>

namespace sluice::inline SLUICE_ABI::detail {

/// Not by allocatePages: what one thread gives back is read into by another.
inline std::align_val_t alignmentOfChunk(std::size_t bytes) { return std::align_val_t{bytes < hugePage ? 64 : hugePage}; }

SLUICE_COLD SLUICE_BODY TextChunk::TextChunk(std::size_t bytes)
    : data(static_cast<char*>(::operator new(bytes, alignmentOfChunk(bytes)))), capacity(bytes)
{
    if (bytes >= hugePage) ::madvise(data, bytes / hugePage * hugePage, MADV_HUGEPAGE);  // no is an answer, too
}

SLUICE_COLD SLUICE_BODY TextChunk::~TextChunk() { ::operator delete(data, alignmentOfChunk(capacity)); }

SLUICE_BODY void TextBlocks::findBegins()
{
    begins.clear();
    begins.reserve(partitions + 1);
    begins.push_back({0, segments.empty() ? nullptr : segments[0].begin});
    std::size_t segment = 0;
    std::size_t before = 0;  // bytes in earlier segments
    for (std::size_t p = 1; p < partitions; ++p) {
        auto const target = bytes * p / partitions;
        while (segment < segments.size() && before + sizeOf(segment) <= target) before += sizeOf(segment++);
        begins.push_back(segment < segments.size() ? lineFrom(segment, target - before) : Position{segments.size(), nullptr});
    }
    begins.push_back({segments.size(), nullptr});
}

SLUICE_BODY TextBlocks::Position TextBlocks::lineFrom(std::size_t s, std::size_t offset) const
{
    auto const& [chunk, begin, end] = segments[s];
    if (offset == 0) return {s, begin};
    auto const* const from = begin + offset - 1;
    auto const* const lf = static_cast<char const*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
    if (lf != nullptr && lf + 1 < end) return {s, lf + 1};
    return s + 1 < segments.size() ? Position{s + 1, segments[s + 1].begin} : Position{segments.size(), nullptr};
}

}  // namespace sluice::inline SLUICE_ABI::detail
