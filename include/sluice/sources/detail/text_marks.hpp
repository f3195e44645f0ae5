#pragma once

#include <sluice/batch/error.hpp>

#include <string_view>

// Byte order marks: what some programs write first into a text file.

namespace sluice::inline SLUICE_ABI::detail {

/// The encoding that the mark at the beginning of a text names, where lines of bytes cannot be read of it; else empty.
[[nodiscard]] SLUICE_COLD inline std::string_view wideEncodingOf(std::string_view bytes)
{
    using namespace std::string_view_literals;
    if (bytes.starts_with("\xff\xfe\0\0"sv)) return "UTF-32 (little-endian)";
    if (bytes.starts_with("\0\0\xfe\xff"sv)) return "UTF-32 (big-endian)";
    if (bytes.starts_with("\xff\xfe")) return "UTF-16 (little-endian)";
    if (bytes.starts_with("\xfe\xff")) return "UTF-16 (big-endian)";
    return {};
}

/// How many bytes the mark of UTF-8 takes at the beginning of a text.
[[nodiscard]] inline std::size_t markBytes(std::string_view bytes) { return bytes.starts_with("\xef\xbb\xbf") ? 3 : 0; }

/// Refuses text that is not made of bytes.
SLUICE_COLD inline void requireBytes(std::string_view path, std::string_view bytes)
{
    auto const encoding = wideEncodingOf(bytes);
    if (encoding.empty()) return;
    throw StreamError{concat({path, " begins with the byte order mark of ", encoding,
                              ": text is read as bytes, in UTF-8 or another encoding "
                              "in which LF is one byte"})};
}

}  // namespace sluice::inline SLUICE_ABI::detail
