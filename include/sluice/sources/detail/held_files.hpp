#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/sources/detail/followed_file.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// The files that are held, by their inodes.
class HeldFiles {
public:
    [[nodiscard]] SLUICE_COLD FollowedFile* find(io::FileInfo const& info) const
    {
        auto const number = index_.find(tagOf(info), [&](std::uint32_t n) { return isSame(files_[n]->info, info); });
        return number != KeyIndex::none ? files_[number] : nullptr;
    }
    SLUICE_COLD void add(FollowedFile& file)
    {
        index_.insert(tagOf(file.info), static_cast<std::uint32_t>(files_.size()));
        files_.push_back(&file);
    }
    SLUICE_COLD void remove(FollowedFile const& file)
    {
        auto const number = index_.find(tagOf(file.info), [&](std::uint32_t n) { return files_[n] == &file; });
        index_.erase(tagOf(file.info), number);
        auto const last = static_cast<std::uint32_t>(files_.size()) - 1;
        if (number != last) {
            index_.erase(tagOf(files_[last]->info), last);
            index_.insert(tagOf(files_[last]->info), number);
            files_[number] = files_[last];
        }
        files_.pop_back();
    }
    SLUICE_COLD void clear()
    {
        index_.clear();
        files_.clear();
    }

    /// The inode is enough: as long as a file is open its number is nobody else's.
    [[nodiscard]] static bool isSame(io::FileInfo const& a, io::FileInfo const& b)
    {
        return a.kind == b.kind && a.inode == b.inode && a.device == b.device;
    }

private:
    [[nodiscard]] static std::uint32_t tagOf(io::FileInfo const& info)
    {
        return static_cast<std::uint32_t>(hashWord(info.inode ^ hashWord(info.device)));
    }

    KeyIndex index_;
    List<FollowedFile*> files_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
