#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/io/file_descriptor.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace sluice::inline SLUICE_ABI::io {

/// Whether there is anything of that name, be it a link that leads nowhere.
///
/// ```cpp
/// CHECK(io::exists("/proc"));
/// CHECK(!io::exists("/no/such/file"));
/// ```
[[nodiscard]] SLUICE_COLD inline bool exists(std::string const& path)
{
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

namespace detail {

[[noreturn]] SLUICE_COLD inline void failAt(std::string_view doing, std::string_view path, int error)
{
    throw StreamError{sluice::detail::concat({"sluice::io: ", doing, " ", path, ": ", std::strerror(error)})};
}

/// Writes all of it where the file stands.
SLUICE_COLD inline void writeAll(FileDescriptor const& file, std::string_view bytes, std::string_view path)
{
    while (!bytes.empty()) {
        auto const written = ::write(file.get(), bytes.data(), bytes.size());
        if (written >= 0) bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR) failAt("writing", path, errno);
    }
}

}  // namespace detail

/// Makes sure that the names in a directory, as they are now, outlast a power cut. What fails is a `StreamError` that names it.
///
/// ```cpp
/// io::syncDirectory("/tmp");
/// CHECK_THROWS_AS(io::syncDirectory("/no/such/directory"), StreamError);
/// ```
SLUICE_COLD inline void syncDirectory(std::string const& path)
{
    FileDescriptor const directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) detail::failAt("opening the directory", path, errno);
    // Some file systems, mostly those of a network, cannot be told to, and keep names by themselves.
    if (::fsync(directory.get()) != 0 && errno != EINVAL && errno != ENOTSUP) detail::failAt("syncing the directory", path, errno);
}

/// The directory that a path lies in.
///
/// ```cpp
/// CHECK(io::parentOf("/a/b") == "/a");
/// CHECK(io::parentOf("/a") == "/");
/// CHECK(io::parentOf("a") == ".");
/// ```
[[nodiscard]] SLUICE_COLD inline std::string parentOf(std::string const& path)
{
    auto const slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

namespace detail {

/// Makes the directories that lead to a path, so that they outlast a power cut.
SLUICE_COLD inline void makeParents(std::string const& path)
{
    for (auto at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
        auto const parent = path.substr(0, at);
        if (::mkdir(parent.c_str(), 0777) == 0) syncDirectory(parentOf(parent));
        else if (int const error = errno; !exists(parent)) failAt("making the directory", parent, error);
    }
}

}  // namespace detail

/// Removes what is there, with all that is in it; links are removed, not followed. Answers whether nothing is left.
///
/// ```cpp
/// CHECK(io::removeTree("/no/such/directory"));
/// ```
SLUICE_COLD inline bool removeTree(std::string const& path) noexcept
{
    auto const removeOne = [](char const* name, struct stat const*, int, struct FTW*) { return ::remove(name); };
    return ::nftw(path.c_str(), removeOne, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

namespace detail {

/// renameat2 on a file system that can neither refuse nor exchange: there is a moment between looking and doing.
[[nodiscard]] SLUICE_COLD inline int renameInSteps(std::string const& from, std::string const& to, unsigned how)
{
    if (how == RENAME_NOREPLACE && exists(to)) return EEXIST;
    if (how == RENAME_EXCHANGE && !removeTree(to)) return errno;
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace detail

/// A new file that is written to, through a buffer. What fails is a `StreamError` that names the file and the cause; a
/// file that is not closed has lost what the buffer held.
///
/// ```cpp
/// io::StagedDirectory const staged{"/tmp/sluice-example"};
/// io::FileWriter file{staged.path("part")};
/// file.buffer() += "bytes";
/// file.close();
/// CHECK_THROWS_AS(io::FileWriter{staged.path("part")}, StreamError);  // it is there already
/// ```
class FileWriter {
public:
    /// Makes the file: there is none of that name yet.
    SLUICE_COLD explicit FileWriter(std::string path)
        : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666))
    {
        if (!file_) detail::failAt("making the file", path_, errno);
    }

    /// Where the next bytes go, behind those that stand there; then flushIfFull.
    [[nodiscard]] std::string& buffer() noexcept { return buffer_; }

    void flushIfFull()
    {
        if (buffer_.size() >= full) flush();
    }

    SLUICE_COLD void flush()
    {
        detail::writeAll(file_, buffer_, path_);
        buffer_.clear();
    }

    /// Writes bytes behind those of the buffer, which they do not go through.
    SLUICE_COLD void write(std::string_view bytes)
    {
        flush();
        detail::writeAll(file_, bytes, path_);
    }

    /// Writes what the buffer holds, and returns when the bytes of the file outlast a power cut: its name does when its directory is
    /// synced, too.
    SLUICE_COLD void sync()
    {
        flush();
        if (::fdatasync(file_.get()) != 0) detail::failAt("syncing", path_, errno);
    }

    /// Writes what the buffer holds. Some file systems tell only now what went wrong.
    SLUICE_COLD void close()
    {
        flush();
        if (::close(file_.release()) != 0 && errno != EINTR) detail::failAt("closing", path_, errno);
    }

private:
    static constexpr std::size_t full = std::size_t{64} << 10;

    std::string path_;
    FileDescriptor file_;
    std::string buffer_;
};

/// A directory that appears whole or not at all: it is made beside its place, under a hidden name, and takes its place
/// when it is committed. One that is not committed vanishes with all that is in it. After a power cut, too, it is there whole or
/// not, if its files were synced; and it is there when commit() has returned.
///
/// The hidden name is `.name.0`, or the first of `.name.1` and so on that nobody writes to. Whoever writes has locked the directory (`flock`),
/// which ends with the process, however that ends: what a process has left that was killed is removed by the next one that takes its name.
/// On a file system without locks of directories, as those of a network mostly are, it stays, and the next name is taken. Where locks are each
/// machine's own, as NFS has them by a setting, machines must not write to the same names.
///
/// The directories that lead to it are made. What fails is a `StreamError` that names the path and the cause.
///
/// ```cpp
/// {
///     io::StagedDirectory const staged{"/tmp/sluice-example"};
///     io::FileWriter{staged.path("part")}.close();
/// }
/// CHECK(!io::exists("/tmp/sluice-example"));
/// ```
class StagedDirectory {
public:
    SLUICE_COLD explicit StagedDirectory(std::string target) : target_(std::move(target))
    {
        while (target_.size() > 1 && target_.ends_with('/')) target_.pop_back();
        detail::makeParents(target_);
        auto const name = target_.rfind('/') + 1;  // npos + 1 is 0
        for (int i = 0;; ++i) {
            staged_ = sluice::detail::concat({std::string_view{target_}.substr(0, name), ".", std::string_view{target_}.substr(name), ".",
                                              sluice::detail::Digits{i}.text()});
            if (take()) return;
        }
    }
    StagedDirectory(StagedDirectory const&) = delete;
    StagedDirectory& operator=(StagedDirectory const&) = delete;
    ~StagedDirectory()
    {
        if (!staged_.empty()) removeTree(staged_);
    }

    /// Removes a hidden directory, if it is one that nobody writes to any more.
    SLUICE_COLD static void removeAbandoned(std::string const& staged) noexcept
    {
        FileDescriptor const lock{::open(staged.c_str(), openHow)};
        if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0 && leadsTo(staged, lock)) removeTree(staged);
    }

    /// The path of a file in it, as long as it is not committed.
    [[nodiscard]] std::string path(std::string_view name) const { return sluice::detail::concat({staged_, "/", name}); }

    /// Takes its place, where there must be nothing.
    SLUICE_COLD void commit()
    {
        syncDirectory(staged_);
        if (int const error = rename(RENAME_NOREPLACE)) detail::failAt("making the directory", target_, error);
        staged_.clear();
        syncDirectory(parentOf(target_));
    }

    /// Takes its place, and removes what was there.
    SLUICE_COLD void commitOver()
    {
        syncDirectory(staged_);
        int error = rename(RENAME_NOREPLACE);
        if (error == 0) staged_.clear();
        if (error == EEXIST) error = rename(RENAME_EXCHANGE);  // what was there is removed under the hidden name
        if (error != 0) detail::failAt("replacing the directory", target_, error);
        syncDirectory(parentOf(target_));
    }

private:
    static constexpr int openHow = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

    /// Whether the path is still that of the directory: it may have been removed, and made again by another one.
    [[nodiscard]] SLUICE_COLD static bool leadsTo(std::string const& path, FileDescriptor const& directory) noexcept
    {
        struct stat there{};
        struct stat is{};
        return ::lstat(path.c_str(), &there) == 0 && ::fstat(directory.get(), &is) == 0 && there.st_ino == is.st_ino &&
               there.st_dev == is.st_dev;
    }

    /// Makes the directory, unless somebody else writes to one of that name, and locks it. Between the two it counts as abandoned: whoever
    /// removes it then has the lock, or it leads nowhere.
    [[nodiscard]] SLUICE_COLD bool take()
    {
        while (::mkdir(staged_.c_str(), 0777) != 0) {
            if (errno != EEXIST) detail::failAt("making the directory", staged_, errno);
            removeAbandoned(staged_);
            if (exists(staged_)) return false;
        }
        lock_ = FileDescriptor{::open(staged_.c_str(), openHow)};
        if (!lock_ && errno != ENOENT) {
            int const error = errno;
            ::rmdir(staged_.c_str());
            detail::failAt("opening the directory", staged_, error);
        }
        if (!lock_) return false;
        if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
        return leadsTo(staged_, lock_);
    }

    [[nodiscard]] int rename(unsigned how) const
    {
        if (::renameat2(AT_FDCWD, staged_.c_str(), AT_FDCWD, target_.c_str(), how) == 0) return 0;
        return errno == EINVAL || errno == ENOSYS ? detail::renameInSteps(staged_, target_, how) : errno;
    }

    std::string target_;
    std::string staged_;
    FileDescriptor lock_;  // of the directory, as long as this is there
};

}  // namespace sluice::inline SLUICE_ABI::io
