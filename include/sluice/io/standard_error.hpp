#pragma once

#include <sluice/io/no_sigpipe.hpp>

#include <cerrno>
#include <cstddef>
#include <string_view>

#include <unistd.h>

namespace sluice::inline SLUICE_ABI::io {

/// Writes bytes to standard error, at once and past the buffers of `<cstdio>`: a line of less than 4096 bytes stays whole
/// where several threads, or processes, write into one pipe. What cannot be written is lost: there is nobody left to tell.
///
/// ```cpp
/// io::writeToStandardError("");
/// ```
inline void writeToStandardError(std::string_view bytes) noexcept
{
    auto const before = errno;
    {
        NoSigpipe const here;
        while (!bytes.empty()) {
            auto const written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
            if (written >= 0) bytes.remove_prefix(static_cast<std::size_t>(written));
            else if (errno != EINTR) break;
        }
    }
    errno = before;
}

}  // namespace sluice::inline SLUICE_ABI::io
