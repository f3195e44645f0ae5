#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/sources/detail/compression.hpp>
#include <sluice/sources/detail/tailed_log.hpp>
#include <sluice/stream/config.hpp>

namespace sluice::inline SLUICE_ABI {

/// Where a batch of `tailTextFileStream` stands in one of its files: `positionsOf(batch)` gives a vector of them.
///
/// ```cpp
/// TailPosition const position{.path = "/var/log/a.log", .begin = 0, .end = 17};
/// CHECK(position.end - position.begin == 17);
/// ```
struct TailPosition {
    std::string path;          ///< the name under which it was found
    std::uint64_t device = 0;  ///< with the inode: which file it is, whatever its name is by now
    std::uint64_t inode = 0;
    std::uint64_t begin = 0;  ///< the lines of the batch stand in bytes from here
    std::uint64_t end = 0;    ///< to here
};

namespace detail {

/// The lines of one batch, and where they come from.
struct TailBlocks : RefCounted {
    Counted<TextBlocks> text = makeCounted<TextBlocks>();
    std::vector<TailPosition> positions;
    std::vector<TailRange> ranges;  // the same, where a checkpoint keeps them
    bool isKept = false;

    void clear()
    {
        if (text.unique()) text->clear();
        else text = makeCounted<TextBlocks>();
        positions.clear();
        ranges.clear();
        isKept = false;
    }
};

/// What may be added to a batch.
struct TailShare {
    std::size_t bytes;
    std::int64_t lines;
    bool alone;  // nothing else is received and not yet processed: a line may be longer than bytes
};

/// Reads whole lines of followed files into the chunks of batches.
template <class = void>
class TailLines {
public:
    explicit TailLines(std::size_t maxLineBytes) : maxLineBytes_(maxLineBytes) {}

    /// What is there now, as far as it may. endsHere: nothing will be added, what stands behind the last LF is a line.
    template <class Tell>
    SLUICE_COLD void read(FollowedFile& from, bool endsHere, TailBlocks& batch, TailShare& share, Tell const& tell)
    {
        if (from.isRefused) return;
        auto const begin = from.offset;
        TailRange range{{}, {}, begin, begin, from.isFresh, from.isSkipping, false, {}};
        try {
            if (from.isFresh && from.offset < from.end) begins(from, tell);
            while (!from.isRefused && from.offset < from.end && share.lines > 0 && (share.bytes > 0 || share.alone)) {
                if (!readOnce(from, endsHere, batch, share)) break;
            }
            from.hasFailed = false;
        } catch (StreamError const& error) {
            if (!std::exchange(from.hasFailed, true)) tell(LogLevel::warning, concat({from.info.path, " cannot be read: ", error.what()}));
        }
        if (tooLong_ > 0) {
            Digits const lines{tooLong_};
            Digits const most{maxLineBytes_};
            Digits const at{static_cast<std::int64_t>(tooLongAt_)};
            tell(LogLevel::warning,
                 concat({from.info.path, ": lines of more than ", most.text(),
                         " bytes (TailTextFileOptions::maxLineBytes) are left out: ", lines.text(), ", the first at byte ", at.text()}));
            tooLong_ = 0;
        }
        if (from.offset > begin && read_ > 0) {
            batch.positions.push_back({from.info.path, from.info.device, from.info.inode, begin, from.offset});
            if (batch.isKept) {
                range.file = from.info;
                range.end = from.offset;
                range.skipsOn = from.isSkipping;
                range.tail = from.tail;
                batch.ranges.push_back(std::move(range));
            }
        }
        read_ = 0;
    }

private:
    template <class Tell>
    SLUICE_COLD void begins(FollowedFile& from, Tell const& tell)
    {
        auto const encoding = from.passBeginning();
        if (!encoding.empty()) {
            from.isRefused = true;
            tell(LogLevel::error, concat({from.info.path, " is not read: it begins with the byte order mark of ", encoding}));
        }
        if (from.nuls > 0 && from.offset < from.end) {
            Digits const nuls{static_cast<std::int64_t>(from.nuls)};
            tell(LogLevel::warning, concat({from.info.path, ": ", nuls.text(),
                                            " NULs at its beginning are skipped: it was truncated, and its writer has kept its place"}));
            from.nuls = 0;
        }
    }

    /// One chunk's worth; false: no more can be read now.
    SLUICE_COLD bool readOnce(FollowedFile& from, bool endsHere, TailBlocks& batch, TailShare& share)
    {
        if (from.searched > from.offset && !search(from) && !endsHere) return false;
        auto const there = from.end - from.offset;
        std::size_t wanted = share.bytes < there ? share.bytes : static_cast<std::size_t>(there);
        if (share.alone && wanted < minimum) wanted = there < minimum ? static_cast<std::size_t>(there) : minimum;
        if (wanted > chunkBytes) wanted = chunkBytes;
        for (;;) {
            char* const to = room(wanted);
            auto const got = readAt(from.file, from.offset, to, wanted);
            // It may have been truncated just now: then it is looked at again, by the next batch.
            if (got == 0 || !from.isIntact() || !from.isAsSeen()) return false;
            auto const* lf = static_cast<char const*>(::memrchr(to, '\n', got < share.bytes ? got : share.bytes));
            if (lf == nullptr && share.alone) lf = static_cast<char const*>(std::memchr(to, '\n', got));
            if (lf != nullptr) {
                give(from, to, static_cast<std::size_t>(lf + 1 - to), batch, share);
                return true;
            }
            bool const all = got == there;
            if (from.isSkipping || got > maxLineBytes_) {
                pass(from, got, all && endsHere);
                return !all;
            }
            if (all && endsHere) {
                give(from, to, got, batch, share);
                return true;
            }
            if (all || got < wanted) {  // half a line
                from.searched = from.offset + got;
                return false;
            }
            if (wanted >= share.bytes && !share.alone) return false;  // a line that is longer than what may come now
            wanted = 2 * wanted < there ? 2 * wanted : static_cast<std::size_t>(there);
            if (!share.alone && wanted > share.bytes) wanted = share.bytes;
        }
    }

    /// Looks for the end of a half line that was seen before; false: there is none yet.
    SLUICE_COLD static bool search(FollowedFile& from)
    {
        char block[16 * 1024];
        while (from.searched < from.end) {
            auto const rest = from.end - from.searched;
            auto const got = readAt(from.file, from.searched, block, rest < sizeof block ? static_cast<std::size_t>(rest) : sizeof block);
            if (got == 0) return false;
            if (std::memchr(block, '\n', got) != nullptr) return true;
            from.searched += got;
        }
        return false;
    }

    /// Whole lines, of which as many are given as may be, and none that is too long.
    SLUICE_COLD void give(FollowedFile& from, char const* begin, std::size_t size, TailBlocks& batch, TailShare& share)
    {
        char const* const end = begin + size;
        char const* at = begin;
        auto lines = static_cast<std::int64_t>(countLf(begin, size)) + (end[-1] != '\n' ? 1 : 0);
        if (lines <= share.lines && size <= maxLineBytes_ && !from.isSkipping) {
            add(from, begin, end, lines, batch, share);
            at = end;
        }
        while (at < end && share.lines > 0) {
            char const* const first = at;
            lines = 0;
            char const* next = at;
            while (at < end && lines < share.lines) {
                auto const* const lf = static_cast<char const*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
                next = lf != nullptr ? lf + 1 : end;
                if (from.isSkipping || static_cast<std::size_t>(next - at) > maxLineBytes_ + 1) break;
                at = next;
                ++lines;
            }
            if (lines > 0) add(from, first, at, lines, batch, share);
            if (at < end && at != next) {  // it was stopped by a line that is too long
                if (!from.isSkipping) tellTooLong(from.offset);
                from.pass(static_cast<std::size_t>(next - at));
                from.isSkipping = false;
                at = next;
            }
        }
        written_ += static_cast<std::size_t>(at - begin);
    }

    SLUICE_COLD void add(FollowedFile& from, char const* begin, char const* end, std::int64_t lines, TailBlocks& batch, TailShare& share)
    {
        auto const size = static_cast<std::size_t>(end - begin);
        batch.text->segments.push_back({chunk_, begin, end});
        batch.text->lines += lines;
        batch.text->bytes += size;
        share.lines -= lines;
        share.bytes -= size < share.bytes ? size : share.bytes;
        share.alone = false;
        from.give({begin, size});
        read_ += size;
    }

    /// Part of a line that is too long.
    SLUICE_COLD void pass(FollowedFile& from, std::size_t size, bool endsHere)
    {
        if (!from.isSkipping) tellTooLong(from.offset);
        from.isSkipping = !endsHere;
        from.pass(size);
    }
    void tellTooLong(std::uint64_t at)
    {
        if (tooLong_++ == 0) tooLongAt_ = at;
    }

    /// Memory for so many bytes behind those that are given.
    SLUICE_COLD char* room(std::size_t bytes)
    {
        if (!chunk_ || chunk_->capacity - written_ < bytes) {
            written_ = 0;
            chunk_ = spare(bytes);
        }
        return chunk_->data + written_;
    }

    /// A chunk that no batch holds any more. They are used in turn: the one used longest ago is free first.
    SLUICE_COLD Counted<TextChunk> spare(std::size_t bytes)
    {
        if (bytes > chunkBytes) return makeCounted<TextChunk>(bytes);
        chunk_ = Counted<TextChunk>{};
        for (std::size_t tries = chunks_.size() < 16 ? chunks_.size() : 16; tries > 0; --tries) {
            next_ = next_ + 1 < chunks_.size() ? next_ + 1 : 0;
            if (chunks_[next_].unique()) return chunks_[next_];
        }
        chunks_.push_back(makeCounted<TextChunk>(chunkBytes));
        return chunks_.back();
    }

    static constexpr std::size_t chunkBytes = std::size_t{256} * 1024;
    static constexpr std::size_t minimum = 4096;

    std::size_t maxLineBytes_;
    Counted<TextChunk> chunk_;
    std::size_t written_ = 0;
    List<Counted<TextChunk>> chunks_;
    std::size_t next_ = 0;
    std::size_t read_ = 0;  // of the file that is read just now
    int tooLong_ = 0;
    std::uint64_t tooLongAt_ = 0;
};

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
