#pragma once

#include <sluice/sources/detail/source_keeper.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void writeFile(BinaryWriter& to, io::FileInfo const& file)
{
    to.number(file.modified);
    to.number(file.born);
    to.number(file.size);
    to.number(file.inode);
    to.number(file.handle);
}

SLUICE_COLD SLUICE_BODY io::FileInfo readFile(BinaryReader& from, std::string_view path)
{
    io::FileInfo file;
    file.path = path;
    file.kind = io::FileKind::file;
    file.modified = from.number<std::int64_t>();
    file.born = from.number<std::int64_t>();
    file.size = from.number<std::uint64_t>();
    file.inode = from.number<std::uint64_t>();
    file.handle = from.number<std::uint64_t>();
    return file;
}

SLUICE_COLD SLUICE_BODY void KeptChanges::put(std::string_view key, std::string_view value)
{
    BinaryWriter writer{changes_};
    writer.text(key);
    writer.size(1);
    writer.text(value);
}

SLUICE_COLD SLUICE_BODY void KeptChanges::remove(std::string_view key)
{
    BinaryWriter writer{changes_};
    writer.text(key);
    writer.size(0);
}

SLUICE_COLD SLUICE_BODY void KeptChanges::fixed(Time t, std::string has)
{
    auto batch = makeCounted<Batch>();
    batch->time = t;
    batch->changes = std::exchange(changes_, {});
    has_ = std::move(has);
    last_ = t;
    std::lock_guard const lock{mutex_};
    batches_.push_back(std::move(batch));
}

SLUICE_COLD SLUICE_BODY bool KeptChanges::begun(Time t, std::string& has)
{
    if (last_ != t) return false;
    has = std::move(has_);
    return true;
}

SLUICE_COLD SLUICE_BODY void KeptChanges::undo(Time t, std::string_view key)
{
    std::lock_guard const lock{mutex_};
    for (auto const& batch : batches_) {
        if (batch->time != t) continue;
        BinaryWriter writer{batch->changes};
        writer.text(key);
        writer.size(0);
    }
}

SLUICE_COLD SLUICE_BODY void KeptChanges::save(Time t, CheckpointSink& to)
{
    auto const put = [&to](std::string_view changes) {
        each(changes, [&to](std::string_view key, std::optional<std::string_view> value) {
            if (value) to.put(key, *value);
            else to.remove(key);
        });
    };
    std::lock_guard const lock{mutex_};
    for (; !batches_.empty() && batches_[0]->time <= t; batches_.pop_front()) put(batches_[0]->changes);
}

SLUICE_COLD SLUICE_BODY void KeptChanges::clear()
{
    changes_.clear();
    batches_.clear();
}

}  // namespace sluice::inline SLUICE_ABI::detail
