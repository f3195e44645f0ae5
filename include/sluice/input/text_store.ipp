#pragma once

#include <sluice/input/text_store.hpp>

namespace sluice::inline SLUICE_ABI {

SLUICE_BODY std::span<char> TextStore::room()
{
    if (!chunk_ || chunk_->capacity - written_ < minimum) {
        auto const partial = written_ - lineBegin_;
        auto next = spare(partial * 2 + minimum);
        if (partial > 0) std::memcpy(next->data, chunk_->data + lineBegin_, partial);
        std::lock_guard const lock{mutex_};
        flush();
        chunk_ = std::move(next);
        segmentBegin_ = lineBegin_ = 0;
        written_ = partial;
    }
    auto const partial = written_ - lineBegin_;
    if (limit_) awaitShare();
    bool const spills = spill_ && !spill_->waits.exchange(false, std::memory_order_relaxed);
    if (spills ? space_.closed() : !space_.waitForAny(partial)) return {};
    auto const free = spills ? maximum : space_.used() < space_.bound() ? space_.bound() - space_.used() : 0;
    auto const size = chunk_->capacity - written_;
    auto const wanted = free < minimum ? minimum : free < maximum ? free : maximum;
    return {chunk_->data + written_, size < wanted ? size : wanted};
}

SLUICE_BODY void TextStore::commit(std::size_t bytes)
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

SLUICE_BODY void TextStore::endText()
{
    std::lock_guard const lock{mutex_};
    if (!chunk_ || written_ == lineBegin_) return;
    ++lines_;
    ++received_;
    lineBegin_ = written_;
    flush();
}

SLUICE_BODY void TextStore::moveTo(detail::TextBlocks& batch)
{
    std::lock_guard const lock{mutex_};
    flush();
    tidy();
    if (limit_ && !space_.closed()) {
        moveShare(batch);
    } else {
        batch.segments.swap(ready_);
        batch.lines = std::exchange(lines_, 0);
        batch.bytes = std::exchange(readyBytes_, 0);
        batch.spilled = spill_ ? std::exchange(spill_->bytes, 0) : 0;
    }
    batch.unprocessed = batch.bytes - batch.spilled;
    if (log_ != nullptr) log_->moved(batch);
}

SLUICE_COLD SLUICE_BODY void TextStore::awaitShare()
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

SLUICE_COLD SLUICE_BODY void TextStore::moveShare(detail::TextBlocks& batch)
{
    auto const share = limit_->share();
    limit_->open();
    batch.segments.reserve(ready_.size());  // nothing throws behind it
    auto whole = spill_ ? spill_->moveWhole(ready_, share, batch) : 0;
    while (whole < ready_.size() && batch.lines < share) {
        auto taken = ready_[whole];
        while (taken.begin != ready_[whole].end && batch.lines < share) {
            auto const* const lf =
                static_cast<char const*>(std::memchr(taken.begin, '\n', static_cast<std::size_t>(ready_[whole].end - taken.begin)));
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
    if (spill_) spill_->bytes -= batch.spilled;
    readyBytes_ -= batch.bytes;
    lines_ -= batch.lines;
}

SLUICE_BODY void TextStore::flush()
{
    if (!chunk_ || lineBegin_ == segmentBegin_) return;
    ready_.push_back({chunk_, chunk_->data + segmentBegin_, chunk_->data + lineBegin_});
    readyBytes_ += lineBegin_ - segmentBegin_;
    if (spill_) spill_->added(ready_);
    segmentBegin_ = lineBegin_;
}

SLUICE_BODY void TextStore::tidy()
{
    handed_ = 0;
    if (!slack_.isFar(readyBytes_)) return;
    chunks_.clear();
    chunkBytes_ = maximum;
}

SLUICE_BODY detail::Counted<detail::TextChunk> TextStore::spare(std::size_t bytes)
{
    std::lock_guard const lock{mutex_};
    if (bytes > chunkBytes_) return detail::makeCounted<detail::TextChunk>(bytes);
    ++handed_;
    if (handed_ * maximum > detail::hugePage && chunkBytes_ < detail::hugePage && space_.bound() >= 16 * detail::hugePage) {
        chunkBytes_ = detail::hugePage;
        chunks_.clear();
    }
    for (std::size_t tries = chunks_.size() < 16 ? chunks_.size() : 16; tries > 0; --tries) {
        next_ = next_ + 1 < chunks_.size() ? next_ + 1 : 0;
        if (chunks_[next_].unique()) return chunks_[next_];
    }
    chunks_.push_back(detail::makeCounted<detail::TextChunk>(chunkBytes_));
    return chunks_.back();
}

}  // namespace sluice::inline SLUICE_ABI
