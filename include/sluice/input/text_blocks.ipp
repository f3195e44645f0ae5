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

SLUICE_BODY void TextBlocks::cut()
{
    once.run([this] { findBegins(); });
}

SLUICE_BODY void TextBlocks::findBegins()
{
    begins.clear();
    begins.reserve(partitions + 1);
    begins.push_back({0, 0});
    std::string buffer;
    std::size_t segment = 0;
    std::size_t before = 0;  // bytes in earlier segments
    for (std::size_t p = 1; p < partitions; ++p) {
        auto const target = bytes * p / partitions;
        while (segment < segments.size() && before + segments[segment].size() <= target) before += segments[segment++].size();
        begins.push_back(segment < segments.size() ? lineFrom(segment, target - before, buffer) : Position{segments.size(), 0});
    }
    begins.push_back({segments.size(), 0});
}

SLUICE_BODY TextBlocks::Position TextBlocks::lineFrom(std::size_t s, std::size_t offset, std::string& buffer) const
{
    if (offset == 0) return {s, 0};
    auto const size = segments[s].size();
    auto const* const text = segments[s].text(buffer);
    auto const* const lf = static_cast<char const*>(std::memchr(text + offset - 1, '\n', size - (offset - 1)));
    if (lf != nullptr && lf + 1 < text + size) return {s, static_cast<std::size_t>(lf + 1 - text)};
    return {s + 1, 0};
}

}  // namespace sluice::inline SLUICE_ABI::detail
