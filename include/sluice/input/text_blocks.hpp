#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/batch/pages.hpp>
#include <sluice/batch/place.hpp>
#include <sluice/batch/sink.hpp>
#include <sluice/batch/text_scan.hpp>
#include <sluice/input/spill.hpp>
#include <sluice/stream/once.hpp>

#include <cstring>
#include <string_view>

// Text as it came: bytes in chunks that are shared by batches and never changed, and lines that are views into them.

namespace sluice::inline SLUICE_ABI::detail {

/// Memory for bytes, not cleared: a fresh page costs more than the text in it. From the size of a huge page on in those, where the system
/// gives them.
struct TextChunk : RefCounted {
    explicit TextChunk(std::size_t bytes);
    explicit TextChunk(Counted<SpilledBlock> block) : data(nullptr), capacity(0), spilled(std::move(block)) {}
    TextChunk(TextChunk const&) = delete;
    TextChunk& operator=(TextChunk const&) = delete;
    ~TextChunk();

    char* const data;
    std::size_t const capacity;
    Counted<SpilledBlock> const spilled;  // where the bytes lie on a disk
};

/// Pushes the lines of a text, without their ends (LF or CRLF); a last line without end is a line. Counts bytes.
template <class Sink>
Taken pushLines(char const* begin, char const* end, Sink& sink)
{
    Sink local = static_cast<Sink&&>(sink);
    Taken taken;
    if constexpr (TakesLines<Sink>) taken = local.takeLines(begin, end);
    else taken = pushCutLines(begin, end, textKernel<CutLines>(), local);
    sink = static_cast<Sink&&>(local);
    return taken;
}

/// As pushLines, of a text of any size: whether to go on is asked of the place now and then.
template <class Place, class Sink>
Taken pushLinesPolling(Place const& place, char const* begin, char const* end, Sink& sink)
{
    constexpr std::ptrdiff_t block = std::ptrdiff_t{256} << 10;
    auto const* at = begin;
    bool more = true;
    while (at < end && more) {
        place.poll();
        auto const* stop = end;
        if (end - at > block) {
            stop = static_cast<char const*>(std::memchr(at + block, '\n', static_cast<std::size_t>(end - at - block)));
            stop = stop != nullptr ? stop + 1 : end;
        }
        auto const taken = pushLines(at, stop, sink);
        at += taken.count;
        more = taken.more;
    }
    return {static_cast<std::size_t>(at - begin), more};
}

/// Whole lines of one chunk, or on a disk. A line never goes on in the next segment.
struct TextSegment {
    Counted<TextChunk> chunk;
    char const* begin;
    char const* end;

    [[nodiscard]] std::size_t size() const { return chunk->spilled ? chunk->spilled->bytes : static_cast<std::size_t>(end - begin); }
    /// Its first byte, until the buffer is used again.
    [[nodiscard]] char const* text(std::string& buffer) const { return chunk->spilled ? chunk->spilled->read(buffer).data() : begin; }
};

/// The segments of one batch, and where its partitions begin.
struct TextBlocks : RefCounted {
    struct Position {
        std::size_t segment;
        std::size_t offset;
    };

    List<TextSegment> segments;
    std::int64_t lines = 0;
    std::size_t bytes = 0;
    std::size_t spilled = 0;      // those of them that lie on a disk
    std::size_t unprocessed = 0;  // those of them that count as received and not yet processed
    List<std::uint64_t> logged;   // as a StoreLog knows them, where there is one
    EnginePlace place;
    std::size_t partitions = 1;
    List<Position> begins;  // partitions + 1 of them, once cut
    Once once;

    [[nodiscard]] std::int64_t records() const { return lines; }

    void clear()
    {
        segments.clear();
        begins.clear();
        logged.clear();
        once.reset();
        lines = 0;
        bytes = spilled = unprocessed = 0;
        place = EnginePlace{};
    }

    /// Cuts the text into partitions of about the same number of bytes, at the beginnings of lines. Where they are
    /// depends on the bytes alone, not on how they were received.
    void cut();

private:
    void findBegins();

    /// The first beginning of a line that is not before this byte of the segment.
    [[nodiscard]] Position lineFrom(std::size_t s, std::size_t offset, std::string& buffer) const;
};

/// The expression of received text: one record a line, without its end (LF or CRLF).
class ReceivedText {
public:
    using Record = std::string_view;
    static constexpr bool stored = false;  // the views are made on the way,
    static constexpr bool stable = true;   // what they show lies in the batch

    explicit ReceivedText(Counted<TextBlocks> blocks) : blocks_(std::move(blocks)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return blocks_->partitions; }
    [[nodiscard]] std::int64_t size() const { return blocks_->lines; }
    [[nodiscard]] bool isEmpty(std::size_t p) const
    {
        if (!blocks_->once.done()) return blocks_->bytes == 0;
        auto const& from = blocks_->begins[p];
        auto const& to = blocks_->begins[p + 1];
        return from.segment == to.segment && from.offset == to.offset;
    }
    [[nodiscard]] EnginePlace const& place() const { return blocks_->place; }
    void prepare() const { blocks_->cut(); }

    /// Positions are bytes from the partition's first, over its segments.
    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return eachIn(p, from, sink, [](TextSegment const& segment) { return segment.begin; });
    }

protected:
    /// textOf(segment) says where its text lies, until that of the next one is asked for.
    template <class Sink, class TextOf>
    std::size_t eachIn(std::size_t p, std::size_t from, Sink& sink, TextOf&& textOf) const
    {
        auto const [firstSegment, first] = blocks_->begins[p];
        auto const [lastSegment, last] = blocks_->begins[p + 1];
        std::size_t before = 0;
        for (auto s = firstSegment; s < blocks_->segments.size() && s <= lastSegment; ++s) {
            auto const& segment = blocks_->segments[s];
            auto const begin = s == firstSegment ? first : 0;
            auto const end = s == lastSegment ? last : segment.size();
            auto const size = end - begin;
            if (from < before + size) {
                auto const* const text = textOf(segment);
                auto const skipped = from > before ? from - before : 0;
                auto const [count, more] = pushLinesPolling(blocks_->place, text + begin + skipped, text + end, sink);
                from = (from > before ? from : before) + count;
                if (!more) return from;
            }
            before += size;
            if (s == lastSegment) break;
        }
        return from;
    }

private:
    Counted<TextBlocks> blocks_;
};

#ifdef SLUICE_COMPILED
extern template class Counted<TextBlocks>;  // <sluice/compiled.cpp>
#endif

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/input/text_blocks.ipp>
#endif
