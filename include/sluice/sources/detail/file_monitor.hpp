#pragma once

#include <sluice/batch/callback.hpp>
#include <sluice/io/directory.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/stream/time.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Which files of some directories belong to which batch.
///
/// A file belongs to batch t iff the filter takes it, it was modified after max(initial, t - window) and not after t, and
/// it was not selected already within the window before t, or within the time for which batches are remembered, if that is longer.
template <class = void>
class FileMonitor {
public:
    using Filter = Callback<bool(std::string const& path)>;

    FileMonitor(std::string pattern, Filter filter, Duration window)
        : pattern_(std::move(pattern)), filter_(std::move(filter)), window_(window)
    {
    }

    /// The files of batch t, in the order of their bytes, directory by directory. They are remembered. Where something
    /// throws, none is. `missing` is called with each directory that is not there.
    template <class Missing>
    SLUICE_COLD std::vector<std::string> select(Time t, Time initial, Duration remembered, Missing const& missing)
    {
        auto const forgotten = t - (remembered < window_ ? window_ : remembered);
        std::erase_if(selected_, [&](Selected const& one) { return one.batch < forgotten; });
        auto const threshold = initial.max(t - window_).microseconds();
        std::vector<std::string> files;
        for (auto const& directory : io::matchDirectories(pattern_)) {
            auto found = io::listFiles(directory);
            if (!found) missing(directory);
            else
                for (auto& file : *found) {
                    if (file.modified <= threshold || file.modified > t.microseconds()) continue;
                    if (takes(file.path) && !isSelected(file.path)) files.push_back(std::move(file.path));
                }
        }
        for (auto const& path : files) {
            selected_.insert(selected_.begin() + static_cast<std::ptrdiff_t>(placeOf(path)), {path, t});
        }
        return files;
    }

private:
    struct Selected {
        std::string path;
        Time batch;
    };

    /// Where a path stands, or would. (std::lower_bound costs those who include it 0.1 s.)
    [[nodiscard]] std::size_t placeOf(std::string const& path) const
    {
        std::size_t begin = 0;
        for (auto end = selected_.size(); begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (selected_[middle].path < path) begin = middle + 1;
            else end = middle;
        }
        return begin;
    }

    [[nodiscard]] bool isSelected(std::string const& path) const
    {
        auto const at = placeOf(path);
        return at < selected_.size() && selected_[at].path == path;
    }

    [[nodiscard]] bool takes(std::string const& path) const
    {
        return filter_ ? filter_(path) : path[path.rfind('/') + 1] != '.';
    }

    std::string pattern_;
    Filter filter_;
    Duration window_;
    std::vector<Selected> selected_;  // in the order of their paths
};

/// The path of a directory, or of a pattern of them, that a source was given.
SLUICE_COLD inline std::string directoryOf(Label const& label, std::string const& directory)
{
    if (directory.empty()) throw InvalidArgument{concat({where(label), ": the directory has no name"})};
    return io::localPath(label, directory);
}

}  // namespace sluice::inline SLUICE_ABI::detail
