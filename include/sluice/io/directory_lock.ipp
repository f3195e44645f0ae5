#pragma once

#include <sluice/io/directory_lock.hpp>

#include <mutex>

namespace sluice::inline SLUICE_ABI::io {

/// The locks of this process. A POSIX lock is the process's: it would give one to itself again, and lose it when any descriptor of the
/// file is closed. So no file is opened that this process has locked.
struct DirectoryLock::Held {
    std::mutex mutex;
    DirectoryLock* first = nullptr;

    static Held& all()
    {
        static auto& held = *new Held;  // never destroyed: a lock may be let go while the program ends
        return held;
    }
};

SLUICE_COLD SLUICE_BODY DirectoryLock::DirectoryLock(std::string const& directory)
{
    detail::makeParents(directory + "/");
    auto& held = Held::all();
    std::lock_guard const guard{held.mutex};
    struct stat status{};
    if (::stat(directory.c_str(), &status) != 0) detail::failAt("looking at the directory", directory, errno);
    if (!S_ISDIR(status.st_mode)) detail::failAt("looking at the directory", directory, ENOTDIR);
    device_ = status.st_dev;
    inode_ = status.st_ino;
    for (auto const* lock = held.first; lock != nullptr; lock = lock->next_) {
        if (lock->process_ != process_ || lock->device_ != device_ || lock->inode_ != inode_) continue;
        throw IllegalState{sluice::detail::concat({"sluice::io: the directory ", directory, " is in use by this process already"})};
    }
    auto const path = directory + "/lock";
    file_ = FileDescriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)};
    if (!file_) detail::failAt("making the file", path, errno);
    struct ::flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    while (::fcntl(file_.get(), F_SETLK, &whole) != 0) {
        if (errno == EINTR) continue;
        if (errno != EACCES && errno != EAGAIN) detail::failAt("locking", path, errno);
        auto holder = whole;
        if (::fcntl(file_.get(), F_GETLK, &holder) == 0 && holder.l_type == F_UNLCK) continue;  // it has just been let go
        throw IllegalState{holder.l_pid > 0
                               ? sluice::detail::concat({"sluice::io: the directory ", directory, " is in use by process ",
                                                         sluice::detail::Digits{static_cast<std::int64_t>(holder.l_pid)}.text()})
                               : sluice::detail::concat(
                                     {"sluice::io: the directory ", directory, " is in use by a process of another machine or container"})};
    }
    next_ = std::exchange(held.first, this);
}

SLUICE_COLD SLUICE_BODY DirectoryLock::~DirectoryLock()
{
    auto& held = Held::all();
    std::lock_guard const guard{held.mutex};
    for (auto** at = &held.first; *at != nullptr; at = &(*at)->next_) {
        if (*at != this) continue;
        *at = next_;
        break;
    }
    file_.close();  // under the mutex: who comes next opens it
}

}  // namespace sluice::inline SLUICE_ABI::io
