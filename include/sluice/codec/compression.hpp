#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/stream/config.hpp>

#include <atomic>

// Bytes of a file as `Config::compression` says: what compresses them is set by the header that brings a library for it, where a program
// includes that.

namespace sluice::inline SLUICE_ABI::detail {

struct Compressor {
    /// Behind what is there.
    void (*pack)(std::string_view bytes, std::string& to);
    /// At most `limit` bytes, into a buffer whose memory is used again. More, and what has not been packed: `StreamError`.
    std::string_view (*unpack)(std::string_view bytes, std::size_t limit, std::string& to);
};
inline constinit std::atomic<Compressor const*> zstdCompressor{nullptr};

/// What has compressed so; null: nothing has. What this program has no library for: `Unsupported`, whose text begins with `what`.
[[nodiscard]] SLUICE_COLD inline Compressor const* compressorOf(Compression compression, std::string_view what)
{
    if (compression == Compression::none) return nullptr;
    auto const* const found = zstdCompressor.load(std::memory_order_acquire);
    if (found == nullptr) throw Unsupported{concat({what, " by zstd: that needs a program that includes <sluice/zstd.hpp>"})};
    return found;
}

}  // namespace sluice::inline SLUICE_ABI::detail
