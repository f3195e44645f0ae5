#pragma once

#include <sluice/batch/slack.hpp>
#include <sluice/input/store.hpp>
#include <sluice/input/text_blocks.hpp>

#include <cstring>
#include <span>
#include <utility>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Who writes to a disk what comes beyond the bound. All under the lock of the store.
struct TextSpill : RefCounted {
    virtual ~TextSpill() = default;

    /// The last segment has come: it goes there, or stays where it is.
    virtual void added(List<TextSegment>& to) = 0;
    /// A batch of so many lines takes the segments that are whole in it; the next one lies in memory. Answers how many.
    [[nodiscard]] virtual std::size_t moveWhole(List<TextSegment>& from, std::int64_t lines, TextBlocks& batch) = 0;
    [[noreturn]] virtual void refuse(Label const& input) const = 0;

    std::size_t bytes = 0;           // of the segments that wait for their batch
    std::atomic<bool> waits{false};  // since it could not write
};

}  // namespace detail

/// Where a receiver of text puts bytes as they come: lines are cut by the library and never copied. One thread at a
/// time writes.
///
/// ```cpp
/// TextStore store{1 << 20};
/// auto const room = store.room();
/// std::memcpy(room.data(), "two\nlines\n", 10);
/// store.commit(10);
/// CHECK(store.hasWaiting());
/// ```
class TextStore {
public:
    explicit TextStore(std::size_t bound, detail::Counted<detail::RateLimit> limit = {}) : space_(bound), limit_(std::move(limit)) {}

    /// Memory to read into, at least 4 KiB and at most 256: it lasts until commit. Empty when the store is closed. Waits while too many
    /// bytes are received and not yet processed; a line above the bound passes when it is alone. Waits, too, while as many
    /// lines are there as the open batch may have: what was read beyond them is for the next ones. Where the stream spills (`spill`) it does
    /// not wait for a batch, but for a disk.
    [[nodiscard]] std::span<char> room();

    /// The first `bytes` of the room hold text now.
    void commit(std::size_t bytes);

    /// Bytes behind the last line's end. For the thread that writes.
    [[nodiscard]] std::size_t unfinished() const { return written_ - lineBegin_; }

    /// The text ends here, as where a connection closes: what stands behind the last LF is a line.
    void endText();

    // For the input that owns it.
    void close()
    {
        space_.close();
        if (limit_) limit_->close();
    }
    void moveTo(detail::TextBlocks& batch);
    void setLog(detail::StoreLog<detail::TextBlocks>& log)
    {
        std::lock_guard const lock{mutex_};
        log_ = &log;
    }
    SLUICE_COLD void setSpill(detail::Counted<detail::TextSpill> spill)
    {
        std::lock_guard const lock{mutex_};
        spill_ = std::move(spill);
    }
    [[nodiscard]] detail::TextSpill* spill() const { return spill_.get(); }
    [[nodiscard]] bool hasWaiting() const
    {
        std::lock_guard const lock{mutex_};
        return !ready_.empty() || lineBegin_ > segmentBegin_;
    }
    [[nodiscard]] std::int64_t received() const
    {
        std::lock_guard const lock{mutex_};
        return received_;
    }
    /// Lines that came and belong to no batch yet.
    [[nodiscard]] std::int64_t waiting() const
    {
        std::lock_guard const lock{mutex_};
        return lines_;
    }
    [[nodiscard]] detail::Room& space() { return space_; }

private:
    static constexpr std::size_t minimum = 4096;
    static constexpr std::size_t maximum = std::size_t{256} << 10;  // so that they are in the cache when their lines are counted

    [[gnu::cold]] void awaitShare();

    /// As many lines as the batch may have. Under the lock.
    [[gnu::cold]] void moveShare(detail::TextBlocks& batch);

    /// Whole lines of the open chunk become a segment. Under the lock.
    void flush();

    /// Once for each batch: chunks go that so many batches do not need, and become small again. Under the lock.
    void tidy();

    /// A chunk that no batch holds any more. They are used in turn: the one used longest ago is free first.
    detail::Counted<detail::TextChunk> spare(std::size_t bytes);

    // Of a huge page once a batch has had so many bytes, where that is little beside the bound. The first byte makes all of it resident:
    // who receives little keeps little.
    std::size_t chunkBytes_ = maximum;
    detail::Room space_;
    detail::Counted<detail::RateLimit> limit_;
    mutable std::mutex mutex_;
    detail::Counted<detail::TextChunk> chunk_;  // where it is written: [segmentBegin, lineBegin) whole lines, then a part
    std::size_t segmentBegin_ = 0;
    std::size_t lineBegin_ = 0;
    std::size_t written_ = 0;
    detail::List<detail::TextSegment> ready_;
    std::size_t readyBytes_ = 0;  // of all of them
    std::int64_t lines_ = 0;
    std::int64_t received_ = 0;
    detail::StoreLog<detail::TextBlocks>* log_ = nullptr;
    detail::Counted<detail::TextSpill> spill_;
    detail::List<detail::Counted<detail::TextChunk>> chunks_;
    std::size_t next_ = 0;
    std::size_t handed_ = 0;  // chunks since the last batch
    detail::Slack slack_;
};

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/input/text_store.ipp>
#endif
