#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

// 64 bytes of text at once, for the programs that are written by hand: bit i tells of byte i. Compiled for the machine that runs them.

namespace bench::simd {

#if defined(__AVX512BW__)

/// Space, \t, \n, \v, \f, \r.
inline std::uint64_t spaces(char const* p)
{
    auto const x = _mm512_loadu_si512(p);
    return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(' ')) |
           _mm512_cmple_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8('\t')), _mm512_set1_epi8('\r' - '\t'));
}
inline std::uint64_t equal(char const* p, char c) { return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(c)); }
/// Where c is at p, and d at q.
inline std::uint64_t equal(char const* p, char c, char const* q, char d)
{
    return _mm512_mask_cmpeq_epi8_mask(equal(p, c), _mm512_loadu_si512(q), _mm512_set1_epi8(d));
}

#elif defined(__AVX2__)

inline std::uint64_t pair(__m256i low, __m256i high)
{
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) | std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))}
                                                                       << 32;
}
inline __m256i load(char const* p) { return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)); }
inline __m256i spacesIn(__m256i x)
{
    auto const control = _mm256_sub_epi8(x, _mm256_set1_epi8('\t'));
    return _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8(' ')),
                           _mm256_cmpeq_epi8(_mm256_min_epu8(control, _mm256_set1_epi8('\r' - '\t')), control));
}
inline std::uint64_t spaces(char const* p) { return pair(spacesIn(load(p)), spacesIn(load(p + 32))); }
inline std::uint64_t equal(char const* p, char c)
{
    auto const what = _mm256_set1_epi8(c);
    return pair(_mm256_cmpeq_epi8(load(p), what), _mm256_cmpeq_epi8(load(p + 32), what));
}
/// Where c is at p, and d at q.
inline std::uint64_t equal(char const* p, char c, char const* q, char d)
{
    auto const first = _mm256_set1_epi8(c);
    auto const second = _mm256_set1_epi8(d);
    auto const low = _mm256_and_si256(_mm256_cmpeq_epi8(load(p), first), _mm256_cmpeq_epi8(load(q), second));
    auto const high = _mm256_and_si256(_mm256_cmpeq_epi8(load(p + 32), first), _mm256_cmpeq_epi8(load(q + 32), second));
    auto const any = _mm256_or_si256(low, high);
    return _mm256_testz_si256(any, any) != 0 ? 0 : pair(low, high);
}

#elif defined(__SSE2__)

template <class F>
std::uint64_t four(char const* p, F f)
{
    std::uint64_t bits = 0;
    for (int i = 0; i < 4; ++i) {
        auto const x = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p + 16 * i));
        bits |= std::uint64_t{static_cast<std::uint16_t>(_mm_movemask_epi8(f(x)))} << 16 * i;
    }
    return bits;
}
inline std::uint64_t spaces(char const* p)
{
    return four(p, [](__m128i x) {
        auto const control = _mm_sub_epi8(x, _mm_set1_epi8('\t'));
        return _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(' ')),
                            _mm_cmpeq_epi8(_mm_min_epu8(control, _mm_set1_epi8('\r' - '\t')), control));
    });
}
inline std::uint64_t equal(char const* p, char c)
{
    return four(p, [c](__m128i x) { return _mm_cmpeq_epi8(x, _mm_set1_epi8(c)); });
}
/// Where c is at p, and d at q.
inline std::uint64_t equal(char const* p, char c, char const* q, char d) { return equal(p, c) & equal(q, d); }

#else

inline std::uint64_t spaces(char const* p)
{
    std::uint64_t bits = 0;
    for (int i = 0; i < 64; ++i) bits |= std::uint64_t{p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r')} << i;
    return bits;
}
inline std::uint64_t equal(char const* p, char c)
{
    std::uint64_t bits = 0;
    for (int i = 0; i < 64; ++i) bits |= std::uint64_t{p[i] == c} << i;
    return bits;
}
inline std::uint64_t equal(char const* p, char c, char const* q, char d) { return equal(p, c) & equal(q, d); }

#endif

/// Copies whole cache lines between places that are aligned to 32 bytes, past the caches: it lies there after streamed().
inline void stream(void* to, void const* from, std::size_t size)
{
#if defined(__AVX2__)
    for (std::size_t i = 0; i < size; i += 32) {
        _mm256_stream_si256(reinterpret_cast<__m256i*>(static_cast<char*>(to) + i),
                            _mm256_load_si256(reinterpret_cast<__m256i const*>(static_cast<char const*>(from) + i)));
    }
#else
    std::memcpy(to, from, size);
#endif
}
inline void streamed()
{
#if defined(__AVX2__)
    _mm_sfence();
#endif
}

/// How many bytes may be read behind a text that these are used on.
inline constexpr std::size_t slack = 128;

}  // namespace bench::simd
