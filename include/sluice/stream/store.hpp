#pragma once

#include <sluice/stream/blocks.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/text_blocks.hpp>

#include <atomic>
#include <cstring>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// How many bytes of an input are received and not yet processed, and who waits because they are too many.
class Room {
public:
    explicit Room(std::size_t bound) : bound_(bound) {}

    /// Waits until this many bytes fit, or nothing else is there, and counts them. False: closed.
    [[nodiscard]] bool enter(std::size_t bytes)
    {
        for (;;) {
            auto const epoch = epoch_.load(std::memory_order_acquire);
            if (closed()) return false;
            auto used = used_.load(std::memory_order_relaxed);
            while (used == 0 || (used <= bound_ && bytes <= bound_ - used)) {
                if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return true;
            }
            epoch_.wait(epoch, std::memory_order_acquire);
        }
    }

    /// Waits until there is any room, or nothing but `own` bytes is there. False: closed.
    [[nodiscard]] bool waitForAny(std::size_t own)
    {
        for (;;) {
            auto const epoch = epoch_.load(std::memory_order_acquire);
            if (closed()) return false;
            if (used() < bound_ || used() <= own) return true;
            epoch_.wait(epoch, std::memory_order_acquire);
        }
    }

    void add(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }

    void leave(std::size_t bytes)
    {
        if (bytes == 0) return;
        used_.fetch_sub(bytes, std::memory_order_relaxed);
        wake();
    }

    /// Wakes those who wait: nothing enters any more.
    void close()
    {
        closed_.store(true, std::memory_order_relaxed);
        wake();
    }

    [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t bound() const { return bound_; }
    [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

private:
    void wake()
    {
        epoch_.fetch_add(1, std::memory_order_release);
        epoch_.notify_all();
    }

    std::size_t const bound_;
    std::atomic<std::size_t> used_{0};
    std::atomic<bool> closed_{false};
    std::atomic<unsigned> epoch_{0};  // what waiters look at
};

/// Bytes that a record occupies: what `maxReceivedBytes` counts.
template <class T>
std::size_t bytesOf(T const& record)
{
    if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        return sizeof(T) + std::string_view{record}.size();
    } else if constexpr (isTuple<T>) {
        return std::apply([](auto const&... member) { return (bytesOf(member) + ... + std::size_t{0}); }, record);
    } else if constexpr (SequenceOf<T>::value) {
        std::size_t bytes = sizeof(T);
        for (auto const& element : record) bytes += bytesOf(element);
        return bytes;
    } else {
        return sizeof(T);
    }
}

}  // namespace detail

/// Where a receiver, or the host's own code, puts records of an input: those that are stored before a tick belong to
/// its batch. Any thread may store; records of one thread keep their order.
///
/// `store(record)` waits while more than `Config::maxReceivedBytes` are received and not yet processed, until a batch
/// is done or the context stops; it answers whether the record was taken (no: stopped).
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [store, numbers] = storeStream<int>(clock);
/// CHECK(store(1));
/// CHECK(store(2));
/// ```
template <class T>
class Store {
public:
    explicit Store(std::size_t bound) : space_(bound) {}

    bool operator()(T record)
    {
        auto const bytes = detail::bytesOf(record);
        if (!space_.enter(bytes)) return false;
        std::lock_guard const lock{mutex_};
        if (!open_) open_ = spare();
        open_->records.push_back(static_cast<T&&>(record));
        openBytes_ += bytes;
        ++received_;
        return true;
    }

    // For the input that owns it.
    void moveTo(detail::RecordBlocks<T>& batch)
    {
        std::lock_guard const lock{mutex_};
        if (!open_) return;
        batch.add(open_, openBytes_);
        blocks_.push_back(std::move(open_));
        open_ = {};
        openBytes_ = 0;
    }
    [[nodiscard]] bool hasWaiting() const
    {
        std::lock_guard const lock{mutex_};
        return static_cast<bool>(open_);
    }
    [[nodiscard]] std::int64_t received() const
    {
        std::lock_guard const lock{mutex_};
        return received_;
    }
    [[nodiscard]] detail::Room& space() { return space_; }

private:
    /// A block that no batch holds any more.
    detail::Counted<detail::RecordBlock<T>> spare()
    {
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            if (!blocks_[i].unique()) continue;
            auto block = std::move(blocks_[i]);
            blocks_[i] = std::move(blocks_.back());
            blocks_.pop_back();
            block->records.clear();
            return block;
        }
        return detail::makeCounted<detail::RecordBlock<T>>();
    }

    detail::Room space_;
    mutable std::mutex mutex_;
    detail::Counted<detail::RecordBlock<T>> open_;
    std::size_t openBytes_ = 0;
    std::int64_t received_ = 0;
    std::vector<detail::Counted<detail::RecordBlock<T>>> blocks_;
};

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

    explicit TextStore(std::size_t bound) : space_(bound) {}

    /// Memory to read into, at least 4 KiB: it lasts until commit. Empty when the store is closed. Waits while too many
    /// bytes are received and not yet processed; a line above the bound passes when it is alone.
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
    void moveTo(detail::TextBlocks& batch)
    {
        std::lock_guard const lock{mutex_};
        flush();
        std::swap(batch.segments, ready_);
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
    [[nodiscard]] detail::Room& space() { return space_; }

private:
    static constexpr std::size_t minimum = 4096;

    /// Whole lines of the open chunk become a segment. Under the lock.
    void flush()
    {
        if (!chunk_ || lineBegin_ == segmentBegin_) return;
        ready_.push_back({chunk_, chunk_->data + segmentBegin_, chunk_->data + lineBegin_});
        readyBytes_ += lineBegin_ - segmentBegin_;
        segmentBegin_ = lineBegin_;
    }

    /// A chunk that no batch holds any more. They are used in turn: the one used longest ago is free first.
    detail::Counted<detail::TextChunk> spare(std::size_t bytes)
    {
        if (bytes > chunkBytes) return detail::makeCounted<detail::TextChunk>(bytes);
        for (std::size_t tries = chunks_.size() < 16 ? chunks_.size() : 16; tries > 0; --tries) {
            next_ = next_ + 1 < chunks_.size() ? next_ + 1 : 0;
            if (chunks_[next_].unique()) return chunks_[next_];
        }
        chunks_.push_back(detail::makeCounted<detail::TextChunk>(chunkBytes));
        return chunks_.back();
    }

    detail::Room space_;
    mutable std::mutex mutex_;
    detail::Counted<detail::TextChunk> chunk_;  // where it is written: [segmentBegin, lineBegin) whole lines, then a part
    std::size_t segmentBegin_ = 0;
    std::size_t lineBegin_ = 0;
    std::size_t written_ = 0;
    std::vector<detail::TextSegment> ready_;
    std::size_t readyBytes_ = 0;
    std::int64_t lines_ = 0;
    std::int64_t received_ = 0;
    std::vector<detail::Counted<detail::TextChunk>> chunks_;
    std::size_t next_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI
