#pragma once

#include <doctest/doctest.h>

#include <array>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/// While it lives, what goes to standard error is kept here instead.
class CapturedErrors {
public:
    CapturedErrors() : file_(::memfd_create("errors", MFD_CLOEXEC)), before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0))
    {
        REQUIRE(file_ >= 0);
        REQUIRE(::dup2(file_, STDERR_FILENO) == STDERR_FILENO);
    }
    CapturedErrors(CapturedErrors const&) = delete;
    CapturedErrors& operator=(CapturedErrors const&) = delete;
    ~CapturedErrors()
    {
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
        ::close(file_);
    }

    /// All of it, from the first byte.
    [[nodiscard]] std::string text() const
    {
        std::string all;
        std::array<char, 4096> part{};
        for (;;) {
            auto const n = ::pread(file_, part.data(), part.size(), static_cast<off_t>(all.size()));
            if (n <= 0) return all;
            all.append(part.data(), static_cast<std::size_t>(n));
        }
    }

private:
    int file_;
    int before_;
};
