#pragma once

#include <sluice/batch/slack.hpp>
#include <sluice/stream/store.hpp>
#include <sluice/stream/text_blocks.hpp>

#include <cstring>
#include <span>
#include <utility>

namespace sluice::inline SLUICE_ABI {

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
    static constexpr std::size_t chunkBytes = std::size_t{256} * 1024;

    explicit TextStore(std::size_t bound, detail::Counted<detail::RateLimit> limit = {}) : space_(bound), limit_(std::move(limit)) {}

    /// Memory to read into, at least 4 KiB: it lasts until commit. Empty when the store is closed. Waits while too many
    /// bytes are received and not yet processed; a line above the bound passes when it is alone. Waits, too, while as many
    /// lines are there as the open batch may have: what was read beyond them is for the next ones.
    [[nodiscard]] std::span<char> room()
    {
        if (!chunk_ || chunk_->capacity - written_ < minimum) {
            auto const partial = written_ - lineBegin_;
            auto const need = partial * 2 + minimum;
            auto next = spare(need > chunkBytes ? need : chunkBytes);
            if (partial > 0) std::memcpy(next->data, chunk_->data + lineBegin_, partial);
            std::lock_guard const lock{mutex_};
            flush();
            chunk_ = std::move(next);
            segmentBegin_ = lineBegin_ = 0;
            written_ = partial;
        }
        auto const partial = written_ - lineBegin_;
        if (limit_) awaitShare();
        if (!space_.waitForAny(partial)) return {};
        auto const free = space_.used() < space_.bound() ? space_.bound() - space_.used() : 0;
        auto const size = chunk_->capacity - written_;
        auto const wanted = free > minimum ? free : minimum;
        return {chunk_->data + written_, size < wanted ? size : wanted};
    }

    /// The first `bytes` of the room hold text now.
    void commit(std::size_t bytes)
    {
        space_.add(bytes);
        char const* const from = chunk_->data + written_;
        auto const* const lastLf = static_cast<char const*>(memrchr(from, '\n', bytes));
        auto const lines = static_cast<std::int64_t>(detail::countLf(from, bytes));
        std::lock_guard const lock{mutex_};
        written_ += bytes;
        lines_ += lines;
        received_ += lines;
        if (lastLf != nullptr) lineBegin_ = static_cast<std::size_t>(lastLf + 1 - chunk_->data);
    }

    /// Bytes behind the last line's end. For the thread that writes.
    [[nodiscard]] std::size_t unfinished() const { return written_ - lineBegin_; }

    /// The text ends here, as where a connection closes: what stands behind the last LF is a line.
    void endText()
    {
        std::lock_guard const lock{mutex_};
        if (!chunk_ || written_ == lineBegin_) return;
        ++lines_;
        ++received_;
        lineBegin_ = written_;
        flush();
    }

    // For the input that owns it.
    void close()
    {
        space_.close();
        if (limit_) limit_->close();
    }
    void moveTo(detail::TextBlocks& batch)
    {
        std::lock_guard const lock{mutex_};
        tidy();
        flush();
        if (limit_ && !space_.closed()) return moveShare(batch);
        batch.segments.swap(ready_);
        batch.lines = std::exchange(lines_, 0);
        batch.bytes = batch.waiting = std::exchange(readyBytes_, 0);
    }
    [[nodiscard]] bool hasWaiting() const
    {
        std::lock_guard const lock{mutex_};
        return readyBytes_ > 0 || lineBegin_ > segmentBegin_;
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

    SLUICE_COLD void awaitShare()
    {
        for (;;) {
            auto const epoch = limit_->epoch();
            auto const share = limit_->shareByNow();
            {
                std::lock_guard const lock{mutex_};
                if (space_.closed() || lines_ < share) return;
            }
            detail::Room::Waiting const mark{space_.waiters()};
            limit_->wait(epoch, share);
        }
    }

    /// As many lines as the batch may have. Under the lock.
    SLUICE_COLD void moveShare(detail::TextBlocks& batch)
    {
        auto const share = limit_->share();
        limit_->open();
        std::size_t whole = 0;
        batch.segments.reserve(ready_.size());  // nothing throws behind it
        while (whole < ready_.size() && batch.lines < share) {
            auto taken = ready_[whole];
            while (taken.begin != ready_[whole].end && batch.lines < share) {
                auto const* const lf = static_cast<char const*>(std::memchr(
                    taken.begin, '\n', static_cast<std::size_t>(ready_[whole].end - taken.begin)));
                taken.begin = lf != nullptr ? lf + 1 : ready_[whole].end;  // the last line of a text may have none
                ++batch.lines;
            }
            taken.end = std::exchange(taken.begin, ready_[whole].begin);
            ready_[whole].begin = taken.end;
            batch.bytes += static_cast<std::size_t>(taken.end - taken.begin);
            if (taken.end == ready_[whole].end) ++whole;
            batch.segments.push_back(std::move(taken));
        }
        for (; whole > 0; --whole) ready_.pop_front();
        batch.waiting = batch.bytes;
        readyBytes_ -= batch.bytes;
        lines_ -= batch.lines;
    }

    /// Whole lines of the open chunk become a segment. Under the lock.
    void flush()
    {
        if (!chunk_ || lineBegin_ == segmentBegin_) return;
        ready_.push_back({chunk_, chunk_->data + segmentBegin_, chunk_->data + lineBegin_});
        readyBytes_ += lineBegin_ - segmentBegin_;
        segmentBegin_ = lineBegin_;
    }

    /// Once for each batch: chunks go that so many batches do not need. Under the lock.
    void tidy()
    {
        auto const needed = std::exchange(handed_, 0) + 1;
        if (!slack_.isFar(needed * chunkBytes)) return;
        for (auto i = chunks_.size(); i-- > needed;) {
            if (chunks_[i].unique()) chunks_.erase(i);
        }
    }

    /// A chunk that no batch holds any more. They are used in turn: the one used longest ago is free first.
    detail::Counted<detail::TextChunk> spare(std::size_t bytes)
    {
        if (bytes > chunkBytes) return detail::makeCounted<detail::TextChunk>(bytes);
        std::lock_guard const lock{mutex_};
        ++handed_;
        for (std::size_t tries = chunks_.size() < 16 ? chunks_.size() : 16; tries > 0; --tries) {
            next_ = next_ + 1 < chunks_.size() ? next_ + 1 : 0;
            if (chunks_[next_].unique()) return chunks_[next_];
        }
        chunks_.push_back(detail::makeCounted<detail::TextChunk>(chunkBytes));
        return chunks_.back();
    }

    detail::Room space_;
    detail::Counted<detail::RateLimit> limit_;
    mutable std::mutex mutex_;
    detail::Counted<detail::TextChunk> chunk_;  // where it is written: [segmentBegin, lineBegin) whole lines, then a part
    std::size_t segmentBegin_ = 0;
    std::size_t lineBegin_ = 0;
    std::size_t written_ = 0;
    detail::List<detail::TextSegment> ready_;
    std::size_t readyBytes_ = 0;
    std::int64_t lines_ = 0;
    std::int64_t received_ = 0;
    detail::List<detail::Counted<detail::TextChunk>> chunks_;
    std::size_t next_ = 0;
    std::size_t handed_ = 0;  // chunks since the last batch
    detail::Slack slack_;
};

}  // namespace sluice::inline SLUICE_ABI
