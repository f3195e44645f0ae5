#pragma once

#include <sluice/batch/error.hpp>

#include <atomic>
#include <string>
#include <string_view>

// Files whose names say that they are compressed.

namespace sluice::inline SLUICE_ABI::detail {

/// What unpacks a file: set by the headers that bring a library for it, where a program includes them.
using Unpack = std::string (*)(std::string_view bytes);
inline constinit std::atomic<Unpack> unpackGzip{nullptr};

struct FileCompression {
    std::string_view extension;
    std::string_view by;
    std::atomic<Unpack> const* unpack = nullptr;
    std::string_view header{};
};
inline constexpr FileCompression compressions[] = {
    {".gz", "gzip", &unpackGzip, "<sluice/gzip.hpp>"},
    {".bz2", "bzip2"},
    {".xz", "xz"},
    {".zst", "zstd"},
    {".lz4", "lz4"},
    {".Z", "compress"},
    {".lzma", "lzma"},
    {".snappy", "snappy"},
    {".zip", "zip"},
};

/// What has compressed a file, as its name says; null: nothing.
[[nodiscard]] SLUICE_COLD inline FileCompression const* compressionOf(std::string_view path)
{
    for (auto const& one : compressions) {
        if (path.ends_with(one.extension)) return &one;
    }
    return nullptr;
}

/// Unpacks what its name says is compressed; false: it is not. What this program cannot unpack is refused.
[[nodiscard]] SLUICE_COLD inline bool unpackByName(std::string_view path, std::string_view bytes, std::string& out)
{
    auto const* const compression = compressionOf(path);
    if (compression == nullptr) return false;
    auto const unpack = compression->unpack != nullptr ? compression->unpack->load(std::memory_order_acquire) : nullptr;
    if (unpack != nullptr) {
        try {
            out = unpack(bytes);
        } catch (StreamError const& error) {
            throw StreamError{concat({path, ": ", error.what()})};
        }
        return true;
    }
    bool const canBe = !compression->header.empty();
    throw Unsupported{concat({path, " is compressed by ", compression->by,
                              canBe ? ": it is read where a program includes " : ", which is not read: unpack it first",
                              compression->header, ", or leave it out by FileStreamOptions::filter"})};
}

}  // namespace sluice::inline SLUICE_ABI::detail
