#pragma once

#include <sluice/batch/error.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

namespace sluice::inline SLUICE_ABI::io {

/// A regular file, as it was when it was looked at.
///
/// ```cpp
/// io::FileInfo const info{.path = "/tmp/a", .modified = 1'500'000};
/// CHECK(info.path == "/tmp/a");
/// ```
struct FileInfo {
    std::string path;
    std::int64_t modified = 0;  ///< microseconds since the epoch
};

/// The regular files of a directory, in the order of the bytes of their names; links are followed, whatever vanishes
/// meanwhile or is no file is left out. Nothing where there is no such directory; what else is wrong with it: `StreamError`.
///
/// ```cpp
/// CHECK(!io::listFiles("/no/such/directory"));
/// CHECK(io::listFiles("/proc/self"));
/// ```
template <class Info = FileInfo>
[[nodiscard]] SLUICE_COLD std::optional<std::vector<Info>> listFiles(std::string const& directory)
{
    struct Entries {
        dirent** all = nullptr;
        int size = 0;
        ~Entries()
        {
            for (int i = 0; i < size; ++i) std::free(all[i]);
            std::free(all);
        }
    } entries;
    // Not alphasort: that is another order in another locale.
    auto const byName = [](dirent const** a, dirent const** b) { return std::strcmp((*a)->d_name, (*b)->d_name); };
    entries.size = ::scandir(directory.c_str(), &entries.all, nullptr, byName);
    if (entries.size < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        throw StreamError{sluice::detail::concat({"sluice::io: listing ", directory, ": ", std::strerror(errno)})};
    }
    std::vector<Info> files;
    for (int i = 0; i < entries.size; ++i) {
        auto path = sluice::detail::concat({directory, directory.ends_with('/') ? "" : "/", entries.all[i]->d_name});
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        files.push_back({std::move(path), std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1000});
    }
    return files;
}

/// The directories that a pattern matches (`*`, `?`, `[abc]`, `{a,b}`), in the order of their bytes. A text that is no
/// pattern is itself, whether it is there or not.
///
/// ```cpp
/// CHECK(io::matchDirectories("/pro[c]/se?f") == std::vector<std::string>{"/proc/self"});
/// CHECK(io::matchDirectories("/no/such") == std::vector<std::string>{"/no/such"});
/// ```
template <class Path = std::string>
[[nodiscard]] SLUICE_COLD std::vector<Path> matchDirectories(std::string const& pattern)
{
    if (pattern.find_first_of("*?[{") == std::string::npos) return {pattern};
    struct Matches : ::glob_t {
        Matches() : ::glob_t{} {}
        ~Matches() { ::globfree(this); }
    } matches;
    int const error = ::glob(pattern.c_str(), GLOB_BRACE | GLOB_ONLYDIR | GLOB_NOSORT, nullptr, &matches);
    std::vector<Path> directories;
    if (error == GLOB_NOMATCH) return directories;
    if (error != 0) throw StreamError{sluice::detail::concat({"sluice::io: matching ", pattern, " failed"})};
    for (std::size_t i = 0; i < matches.gl_pathc; ++i) {
        struct stat status {};  // GLOB_ONLYDIR is a hint
        if (::stat(matches.gl_pathv[i], &status) != 0 || !S_ISDIR(status.st_mode)) continue;
        std::string path = matches.gl_pathv[i];
        auto at = directories.size();
        while (at > 0 && path < directories[at - 1]) --at;
        if (at > 0 && directories[at - 1] == path) continue;  // braces may name it twice
        directories.insert(directories.begin() + static_cast<std::ptrdiff_t>(at), std::move(path));
    }
    return directories;
}

}  // namespace sluice::inline SLUICE_ABI::io
