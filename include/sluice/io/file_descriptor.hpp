#pragma once

#include <sluice/batch/macros.hpp>

#include <utility>

#include <unistd.h>

namespace sluice::inline SLUICE_ABI::io {

/// An open file descriptor and its only owner. Every one made here is closed on exec: programs that the host starts
/// never inherit it.
///
/// ```cpp
/// io::FileDescriptor none;
/// CHECK(!none);
/// CHECK(none.get() == -1);
/// ```
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~FileDescriptor() { close(); }

    FileDescriptor& operator=(FileDescriptor&& other) noexcept
    {
        if (this != &other) {
            close();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

    /// Gives it away: the caller closes it.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    void close() noexcept
    {
        // Not tried again after EINTR: Linux has closed it then, and the number may be another thread's by now.
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    int fd_ = -1;
};

}  // namespace sluice::inline SLUICE_ABI::io
