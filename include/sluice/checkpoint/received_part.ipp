#pragma once

#include <sluice/checkpoint/received_part.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Numbers as runs of consecutive ones: how many runs, and of each its first and how many.
[[gnu::cold]] inline void encodeIds(BinaryWriter& writer, ReceivedPart::Ids const& ids)
{
    std::size_t runs = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) runs += i == 0 || ids[i] != ids[i - 1] + 1 ? 1 : 0;
    writer.size(runs);
    for (std::size_t i = 0; i < ids.size();) {
        std::size_t n = 1;
        while (i + n < ids.size() && ids[i + n] == ids[i] + n) ++n;
        writer.size(ids[i]);
        writer.size(n);
        i += n;
    }
}
[[gnu::cold]] inline ReceivedPart::Ids decodeIds(BinaryReader& reader)
{
    ReceivedPart::Ids ids;
    for (auto runs = reader.size(); runs > 0; --runs) {
        auto const first = reader.size();
        auto const n = reader.size();
        for (std::uint64_t i = 0; i < n; ++i) ids.push_back(first + i);
    }
    return ids;
}

inline constexpr std::uint64_t receivedStateVersion = 1;

// ---- of the process before ----------------------------------------------------------------------------------------------

[[gnu::cold]] inline void ReceivedPart::load(std::string_view, std::string_view value)
{
    BinaryReader reader{value};
    reader.guard("what is kept of a receiver", [&] {
        if (reader.size() != receivedStateVersion) BinaryReader::fail(value.data(), "a version that this program does not know");
        until_ = reader.size();
        for (auto const id : decodeIds(reader)) notDone_.insert(id);
        if (reader.number<std::uint8_t>() == 0) return;
        positionOf_ = reader.size();
        position_.emplace(reader.text());
    });
    next_ = until_;
}

[[gnu::cold]] inline void ReceivedPart::replay(Time t, std::string_view blocks)
{
    BinaryReader reader{blocks};
    reader.guard("what a batch had of a receiver", [&] { unfinished_.push_back({t, decodeIds(reader)}); });
    for (auto const id : unfinished_.back().blocks) next_ = next_ > id ? next_ : id + 1;
}

[[gnu::cold]] inline bool ReceivedPart::found(FoundBlock const& block)
{
    if (next_ <= block.id) next_ = block.id + 1;
    if (block.position && (!position_ || positionOf_ <= block.id)) {
        position_.emplace(*block.position);
        positionOf_ = block.id;
    }
    if (isDone(block.id)) return false;
    found_.insert(block.id);
    keepFound(block);
    return true;
}

[[gnu::cold]] inline void ReceivedPart::warn(Time t, std::string text) const
{
    graph().log({LogLevel::error, label(), t, std::move(text)});
}

[[gnu::cold]] inline void ReceivedPart::begin(Counted<WriteAheadLog> log, std::size_t stream)
{
    log->continueAt(stream, next_);
    std::erase_if(notDone_, [this](std::uint64_t id) { return !found_.contains(id); });
    for (auto& batch : unfinished_) {
        std::size_t lost = 0;
        std::erase_if(batch.blocks, [&](std::uint64_t id) {
            if (found_.erase(id) > 0) return false;
            ++lost;
            return true;
        });
        if (lost > 0) {
            warn(batch.time, concat({"the batch had begun, and ", Digits{lost}.text(),
                                     " blocks that it had received are not in the log any more: it runs again without them"}));
        }
    }
    putBack(Ids(found_.begin(), found_.end()));
    found_.clear();
    if (position_) standsAt(*position_);
    log_ = std::move(log);
    stream_ = stream;
}

[[gnu::cold]] inline std::optional<ReceivedPart::Ids> ReceivedPart::unfinishedAt(Time t)
{
    for (auto batch = unfinished_.begin(); batch != unfinished_.end(); ++batch) {
        if (batch->time != t) continue;
        auto ids = std::move(batch->blocks);
        unfinished_.erase(batch);
        return ids;
    }
    return std::nullopt;
}

// ---- blocks -------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline LogBlock ReceivedPart::block(std::string_view const* position) const
{
    return LogBlock{stream_, position != nullptr ? std::optional{*position} : std::nullopt};
}

[[gnu::cold]] inline std::uint64_t ReceivedPart::post(LogBlock block) { return log_->post(std::move(block)); }

[[gnu::cold]] inline bool ReceivedPart::store(LogBlock block, std::string_view const* position, void (*put)(void*, std::uint64_t),
                                              void* context)
{
    auto id = ~std::uint64_t{0};
    try {
        if (!log_->store(std::move(block), id, put, context)) return false;
    } catch (...) {
        std::lock_guard const lock{mutex_};
        if (id != ~std::uint64_t{0}) setDone(id);  // it is in no batch
        throw;
    }
    if (position == nullptr) return true;
    std::lock_guard const lock{mutex_};
    if (position_ && positionOf_ > id) return true;
    position_.emplace(*position);
    positionOf_ = id;
    return true;
}

[[gnu::cold]] inline void ReceivedPart::setDone(std::uint64_t id)
{
    for (; until_ <= id; ++until_) notDone_.insert(until_);
    notDone_.erase(id);
}

// ---- batches ------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline bool ReceivedPart::begun(Time t, std::string& blocks)
{
    Ids ids;
    if (!blocksOf(t, ids)) return false;
    BinaryWriter writer{blocks};
    encodeIds(writer, ids);
    writer.finish();
    return true;
}

[[gnu::cold]] inline void ReceivedPart::save(Time t, bool whole, CheckpointSink& to)
{
    Ids ids;
    bool const any = blocksOf(t, ids);
    std::lock_guard const lock{mutex_};
    if (any) {
        for (auto const id : ids) {
            if (isDone(id)) continue;  // it is told twice where the context stops
            setDone(id);
            ends_.emplace_back(t, id);
        }
    }
    if (!whole) return;
    std::string value;
    BinaryWriter writer{value};
    writer.size(receivedStateVersion);
    writer.size(until_);
    encodeIds(writer, Ids(notDone_.begin(), notDone_.end()));
    writer.number(static_cast<std::uint8_t>(position_ ? 1 : 0));
    if (position_) {
        writer.size(positionOf_);
        writer.text(*position_);
    }
    writer.finish();
    to.put({}, value);
}

[[gnu::cold]] inline void ReceivedPart::lasts(Time t)
{
    if (!log_) return;
    Ids ids;
    {
        std::lock_guard const lock{mutex_};
        for (; !ends_.empty() && ends_.front().first <= t; ends_.pop_front()) ids.push_back(ends_.front().second);
    }
    if (!ids.empty()) log_->letGo(stream_, ids);
}

}  // namespace sluice::inline SLUICE_ABI::detail
