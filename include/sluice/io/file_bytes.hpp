#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/io/file_descriptor.hpp>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::inline SLUICE_ABI::io {

/// A file that is open to be read: none, and errno says why, where it cannot be.
///
/// ```cpp
/// CHECK(io::openToRead("/proc/self/exe"));
/// CHECK(!io::openToRead("/no/such/file"));
/// ```
[[nodiscard]] SLUICE_COLD inline FileDescriptor openToRead(std::string const& path) noexcept
{
    return FileDescriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe would wait for its other end
}

/// The bytes of a whole file. They are read, not mapped: who shortened a mapped file would kill the program.
///
/// ```cpp
/// CHECK(io::FileBytes{"/proc/self/exe"}.view().starts_with("\x7f""ELF"));
/// CHECK_THROWS_AS(io::FileBytes{"/no/such/file"}, StreamError);
/// ```
class FileBytes {
public:
    FileBytes() = default;

    /// Reads what it holds now. A file that is not there, is none, or cannot be read: `StreamError` that names it.
    SLUICE_COLD explicit FileBytes(std::string const& path) : FileBytes(path, openToRead(path)) {}

    /// Reads what a file that has been opened holds now; where that failed, errno says why.
    SLUICE_COLD FileBytes(std::string const& path, FileDescriptor const& file)
    {
        struct stat status{};
        if (!file || ::fstat(file.get(), &status) != 0) fail(path, std::strerror(errno));
        if (!S_ISREG(status.st_mode)) fail(path, "it is no regular file");
        auto const capacity = static_cast<std::size_t>(status.st_size);  // what is added meanwhile is not read
        if (capacity == 0) return;
        data_ = new char[capacity];  // not cleared
        while (size_ < capacity) {
            auto const got = ::read(file.get(), data_ + size_, capacity - size_);
            if (got == 0) break;  // it was shortened
            if (got > 0) size_ += static_cast<std::size_t>(got);
            else if (errno != EINTR) fail(path, std::strerror(errno));
        }
    }

    FileBytes(FileBytes&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    FileBytes& operator=(FileBytes&& other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~FileBytes() { delete[] data_; }

    [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }

private:
    [[noreturn]] SLUICE_COLD void fail(std::string const& path, char const* cause)
    {
        delete[] std::exchange(data_, nullptr);  // no destructor runs where a constructor throws
        throw StreamError{sluice::detail::concat({"sluice::io: cannot read ", path, ": ", cause})};
    }

    char* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::io
