#pragma once

#include <sluice/io/file.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::io {

/// A directory that one process alone uses, as long as this lives. The kernel keeps the lock, on the file `lock` in it: it ends with
/// the process, however that ends, and who forks does not give it to the child. On the file systems of a network it holds where these
/// keep POSIX locks. The directory, and what leads to it, is made where it is not there.
///
/// Held by another process: `IllegalState` that names it by its number, or says that it is on another machine; by this one, too: one
/// lock for each directory. What cannot be made or locked: `StreamError`.
///
/// ```cpp
/// io::DirectoryLock const lock{"/tmp/sluice-lock-example"};
/// CHECK_THROWS_AS(io::DirectoryLock{"/tmp/sluice-lock-example"}, IllegalState);
/// ```
class DirectoryLock {
public:
    [[gnu::cold]] explicit DirectoryLock(std::string const& directory);
    DirectoryLock(DirectoryLock const&) = delete;
    DirectoryLock& operator=(DirectoryLock const&) = delete;
    [[gnu::cold]] ~DirectoryLock();

private:
    struct Held;

    FileDescriptor file_;
    ::pid_t process_ = ::getpid();  // a child has what it was forked with, but not the locks
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    DirectoryLock* next_ = nullptr;  // those of this process, which the kernel does not tell apart
};

}  // namespace sluice::inline SLUICE_ABI::io

#ifndef SLUICE_COMPILED
#include <sluice/io/directory_lock.ipp>
#endif
