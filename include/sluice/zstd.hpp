#pragma once

// Compression by libzstd, which nobody needs who does not include this: link with -lzstd.

#include <sluice/codec/compression.hpp>

#include <new>
#include <string>
#include <string_view>

#if !__has_include(<zstd.h>)
#error "sluice/zstd.hpp needs libzstd: install libzstd-dev, and link with -lzstd"
#endif
#include <zstd.h>
#include <zstd_errors.h>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What zstd needs to work with, made by create: for each thread once.
template <auto create, auto destroy>
struct ZstdContext {
    decltype(create()) const context = create();

    ZstdContext() = default;
    ZstdContext(ZstdContext const&) = delete;
    ZstdContext& operator=(ZstdContext const&) = delete;
    ~ZstdContext() { destroy(context); }
};

[[noreturn]] SLUICE_COLD inline void failUnzstd(std::string_view what) { throw StreamError{concat({"sluice::unzstd: ", what})}; }

SLUICE_COLD inline void packZstd(std::string_view bytes, std::string& to)
{
    static thread_local ZstdContext<::ZSTD_createCCtx, ::ZSTD_freeCCtx> const packing;
    auto const before = to.size();
    to.resize(before + ::ZSTD_compressBound(bytes.size()));
    // The level is the fastest of its usual ones: what comes must not wait for it.
    auto const size = packing.context == nullptr
                          ? std::size_t{0}
                          : ::ZSTD_compressCCtx(packing.context, to.data() + before, to.size() - before, bytes.data(), bytes.size(), 1);
    if (size == 0 || ::ZSTD_isError(size) != 0) throw std::bad_alloc{};  // nothing else can be: there is room for all
    to.resize(before + size);
}

/// Memory comes with the bytes: what a frame says that it holds does not get it.
SLUICE_COLD inline std::string_view unpackZstd(std::string_view bytes, std::size_t limit, std::string& to)
{
    static thread_local ZstdContext<::ZSTD_createDCtx, ::ZSTD_freeDCtx> const unpacking;
    auto* const context = unpacking.context;
    if (context == nullptr) throw std::bad_alloc{};
    ::ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
    ::ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 24);  // what a frame makes the library keep: 16 MiB
    constexpr std::size_t first = 64 * 1024;
    auto room = bytes.size() < limit / 16 ? bytes.size() * 16 : limit;
    if (room < first) room = first < limit ? first : limit;
    if (to.size() < room) to.resize(room);
    ::ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ::ZSTD_outBuffer out{to.data(), to.size() < limit ? to.size() : limit, 0};
    for (;;) {
        auto const before = in.pos;
        auto const left = ::ZSTD_decompressStream(context, &out, &in);
        if (::ZSTD_isError(left) != 0) {
            if (::ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw std::bad_alloc{};
            failUnzstd(::ZSTD_getErrorName(left));
        }
        if (left == 0) break;
        if (out.pos < out.size) {
            if (in.pos == in.size) failUnzstd("it ends too early");
            continue;
        }
        if (out.size == limit) {
            if (in.pos > before) continue;  // what ends a frame is no byte of it
            failUnzstd(concat({"there are more than ", Digits{limit}.text(), " bytes in it, which is the limit"}));
        }
        room = out.size < limit / 2 ? out.size * 2 : limit;
        to.resize(room);
        out = {to.data(), room, out.pos};
    }
    if (in.pos < in.size) failUnzstd("something stands behind it");
    return {to.data(), out.pos};
}

inline constexpr Compressor byZstd{packZstd, unpackZstd};

/// Whoever includes this header may set Config::compression, and reads what is compressed so.
inline bool const zstdIsThere = (zstdCompressor.store(&byZstd, std::memory_order_release), true);

}  // namespace detail

/// Bytes as one frame of zstd (RFC 8878), at its level 1. With this header included a context may be told `Config::compression`, and
/// what is compressed so is read; these two functions are for other bytes.
///
/// ```cpp
/// std::string const all(100'000, 'x');
/// CHECK(zstd(all).size() < 100);
/// CHECK(unzstd(zstd(all)) == all);
/// ```
[[nodiscard]] SLUICE_COLD inline std::string zstd(std::string_view bytes)
{
    std::string packed;
    detail::packZstd(bytes, packed);
    return packed;
}

/// What one frame of zstd holds; at most `limit` bytes, and about as much memory while it is unpacked, whatever the frame says.
///
/// Bytes that are no frame, end too early, are damaged, or have something behind it: `StreamError` with zstd's words; more than the limit:
/// `StreamError` that names it.
///
/// ```cpp
/// CHECK_THROWS_AS(static_cast<void>(unzstd("no frame")), StreamError);
/// CHECK_THROWS_AS(static_cast<void>(unzstd(zstd(std::string(1000, 'x')), 999)), StreamError);
/// ```
[[nodiscard]] SLUICE_COLD inline std::string unzstd(std::string_view bytes, std::size_t limit = std::size_t{1} << 30)
{
    std::string all;
    auto const size = detail::unpackZstd(bytes, limit, all).size();
    all.resize(size);
    return all;
}

}  // namespace sluice::inline SLUICE_ABI
