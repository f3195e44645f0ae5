#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/io/file_descriptor.hpp>

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
#include <time.h>

namespace sluice::inline SLUICE_ABI::io {

/// What stands behind a path.
enum class FileKind {
    file,       ///< a regular file
    directory,  ///< a directory
    other,      ///< a pipe, a socket, a device
    unknown     ///< it could not be looked at: `FileInfo::error` says why
};

/// A file, or whatever else has a path, as it was when it was looked at; links are followed.
///
/// ```cpp
/// auto const info = io::lookAt("/proc/self/exe");
/// CHECK(info.kind == io::FileKind::file);
/// CHECK(info.isSame(io::lookAt("/proc/self/exe")));
/// CHECK(io::lookAt("/no/such").error == ENOENT);
/// ```
struct FileInfo {
    std::string path{};
    FileKind kind = FileKind::unknown;
    int error = 0;              ///< an errno
    std::int64_t modified = 0;  ///< nanoseconds since the epoch
    std::int64_t changed = 0;   ///< the same, of its name, its owner and the like, too
    std::int64_t born = 0;      ///< nanoseconds since the epoch; 0 where the file system does not keep it
    std::uint64_t size = 0;     ///< bytes
    std::uint64_t device = 0;   ///< 0 where it is not known any more
    std::uint64_t inode = 0;
    std::uint64_t handle = 0;  ///< a hash of the file system's own handle of it; 0 where it gives none

    /// Whether it is one file, under this name or another. An inode's number is used again when its file is gone, at once by some
    /// file systems: so handles and births are compared, too, or, where neither is known, the last change.
    [[nodiscard]] bool isSame(FileInfo const& other) const
    {
        return inode == other.inode && (device == other.device || device == 0 || other.device == 0) && handle == other.handle &&
               born == other.born && (handle != 0 || born != 0 || isUnchanged(other));
    }
    [[nodiscard]] bool isUnchanged(FileInfo const& other) const { return modified == other.modified && size == other.size; }
};

namespace detail {

SLUICE_COLD inline std::uint64_t handleOf(int at, char const* path, int flags)
{
    alignas(::file_handle) unsigned char memory[sizeof(::file_handle) + MAX_HANDLE_SZ];
    auto* const handle = ::new (memory)::file_handle;
    handle->handle_bytes = MAX_HANDLE_SZ;
    int mount = 0;
    if (::name_to_handle_at(at, path, handle, &mount, flags != 0 ? flags : AT_SYMLINK_FOLLOW) != 0) return 0;
    std::uint64_t hash = 0xcbf29ce484222325;                   // FNV-1a
    auto const* const bytes = memory + sizeof(::file_handle);  // f_handle, whose size compilers take for 0
    for (unsigned i = 0; i < handle->handle_bytes; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

SLUICE_COLD inline void look(int at, char const* path, int flags, FileInfo& info)
{
    struct statx status{};
    if (::statx(at, path, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) {
        info.error = errno;
        return;
    }
    auto const nanoseconds = [](statx_timestamp const& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
    info.kind = S_ISREG(status.stx_mode) ? FileKind::file : S_ISDIR(status.stx_mode) ? FileKind::directory : FileKind::other;
    info.modified = nanoseconds(status.stx_mtime);
    info.changed = nanoseconds(status.stx_ctime);
    if ((status.stx_mask & STATX_BTIME) != 0) info.born = nanoseconds(status.stx_btime);
    info.size = status.stx_size;
    info.device = std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor;
    info.inode = status.stx_ino;
    if (info.kind == FileKind::file) info.handle = handleOf(at, path, flags);
}

}  // namespace detail

/// What stands behind a path now.
///
/// ```cpp
/// CHECK(io::lookAt("/proc").kind == io::FileKind::directory);
/// ```
template <class Info = FileInfo>
[[nodiscard]] SLUICE_COLD Info lookAt(std::string path)
{
    Info info;
    info.path = std::move(path);
    detail::look(AT_FDCWD, info.path.c_str(), 0, info);
    return info;
}

/// What is known of a file that is open, without its path.
///
/// ```cpp
/// io::FileDescriptor const file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
/// CHECK(io::lookAt(file).isSame(io::lookAt("/proc/self/exe")));
/// ```
template <class Info = FileInfo>
[[nodiscard]] SLUICE_COLD Info lookAt(FileDescriptor const& file)
{
    Info info;
    detail::look(file.get(), "", AT_EMPTY_PATH, info);
    return info;
}

namespace detail {

/// The system's clock, or, as files are stamped, that of its ticks: nanoseconds since the epoch.
[[nodiscard]] inline std::int64_t realTime(clockid_t clock = CLOCK_REALTIME)
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// The names in a directory, without . and .., in the order of their bytes.
class DirectoryEntries {
public:
    SLUICE_COLD explicit DirectoryEntries(std::string const& directory)
    {
        // Not alphasort: that is another order in another locale.
        auto const byName = [](dirent const** a, dirent const** b) { return std::strcmp((*a)->d_name, (*b)->d_name); };
        auto const isName = [](dirent const* one) {
            return std::strcmp(one->d_name, ".") != 0 && std::strcmp(one->d_name, "..") != 0 ? 1 : 0;
        };
        size_ = ::scandir(directory.c_str(), &all_, isName, byName);
        if (size_ >= 0 || errno == ENOENT || errno == ENOTDIR) return;
        throw StreamError{sluice::detail::concat({"sluice::io: listing ", directory, ": ", std::strerror(errno)})};
    }
    DirectoryEntries(DirectoryEntries const&) = delete;
    DirectoryEntries& operator=(DirectoryEntries const&) = delete;
    ~DirectoryEntries()
    {
        for (int i = 0; i < size_; ++i) std::free(all_[i]);
        std::free(all_);
    }

    /// Whether there is such a directory.
    [[nodiscard]] explicit operator bool() const { return size_ >= 0; }
    [[nodiscard]] int size() const { return size_; }
    [[nodiscard]] char const* operator[](int i) const { return all_[i]->d_name; }

private:
    dirent** all_ = nullptr;
    int size_ = 0;
};

}  // namespace detail

/// What a directory holds, in the order of the bytes of the names. What vanishes meanwhile is there, of unknown kind.
/// Nothing where there is no such directory; what else is wrong with it: `StreamError`.
///
/// ```cpp
/// CHECK(!io::listDirectory("/no/such/directory"));
/// CHECK(io::listDirectory("/proc/self"));
/// ```
template <class Info = FileInfo>
[[nodiscard]] SLUICE_COLD std::optional<std::vector<Info>> listDirectory(std::string const& directory)
{
    detail::DirectoryEntries const entries{directory};
    if (!entries) return std::nullopt;
    std::vector<Info> files;
    files.reserve(static_cast<std::size_t>(entries.size()));
    for (int i = 0; i < entries.size(); ++i) {
        files.push_back(lookAt(sluice::detail::concat({directory, directory.ends_with('/') ? "" : "/", entries[i]})));
    }
    return files;
}

/// The names alone; none where there is no such directory.
///
/// ```cpp
/// CHECK(!io::listNames("/proc/self").empty());
/// CHECK(io::listNames("/no/such/directory").empty());
/// ```
template <class Name = std::string>
[[nodiscard]] SLUICE_COLD std::vector<Name> listNames(std::string const& directory)
{
    detail::DirectoryEntries const entries{directory};
    std::vector<Name> names;
    for (int i = 0; i < entries.size(); ++i) names.push_back(entries[i]);
    return names;
}

/// Whether a text is a pattern of paths, and not just one.
///
/// ```cpp
/// CHECK(io::isPattern("/in/day-*"));
/// CHECK(!io::isPattern("/in"));
/// ```
[[nodiscard]] SLUICE_COLD inline bool isPattern(std::string const& text) { return text.find_first_of("*?[{") != std::string::npos; }

namespace detail {

template <class Path>
SLUICE_COLD std::vector<Path> matchPattern(std::string const& pattern, bool directories)
{
    struct Matches : ::glob_t {
        Matches() : ::glob_t{} {}
        ~Matches() { ::globfree(this); }
    } matches;
    int const error = ::glob(pattern.c_str(), directories ? GLOB_BRACE | GLOB_ONLYDIR : GLOB_BRACE, nullptr, &matches);
    std::vector<Path> paths;
    if (error == GLOB_NOMATCH) return paths;
    if (error != 0) throw StreamError{sluice::detail::concat({"sluice::io: matching ", pattern, " failed"})};
    for (std::size_t i = 0; i < matches.gl_pathc; ++i) {  // a pattern may end in it
        for (auto n = std::strlen(matches.gl_pathv[i]); n > 1 && matches.gl_pathv[i][n - 1] == '/'; --n) matches.gl_pathv[i][n - 1] = '\0';
    }
    // glob sorts by the locale, and what stands in braces one behind the other.
    ::qsort(matches.gl_pathv, matches.gl_pathc, sizeof *matches.gl_pathv,
            [](void const* a, void const* b) { return std::strcmp(*static_cast<char* const*>(a), *static_cast<char* const*>(b)); });
    for (std::size_t i = 0; i < matches.gl_pathc; ++i) {
        std::string_view const path = matches.gl_pathv[i];
        if (!paths.empty() && paths.back() == path) continue;  // braces may name it twice
        struct stat status{};                                  // GLOB_ONLYDIR is a hint
        if (directories && (::stat(matches.gl_pathv[i], &status) != 0 || !S_ISDIR(status.st_mode))) continue;
        paths.push_back(std::string{path});
    }
    return paths;
}

}  // namespace detail

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
    if (!isPattern(pattern)) return {pattern};
    return detail::matchPattern<Path>(pattern, true);
}

/// All that a pattern matches, not directories alone: files, and what is none.
///
/// ```cpp
/// CHECK(io::matchPaths("/proc/{version,uptime}") == std::vector<std::string>{"/proc/uptime", "/proc/version"});
/// ```
template <class Path = std::string>
[[nodiscard]] SLUICE_COLD std::vector<Path> matchPaths(std::string const& pattern)
{
    if (!isPattern(pattern)) return {pattern};
    return detail::matchPattern<Path>(pattern, false);
}

}  // namespace sluice::inline SLUICE_ABI::io
