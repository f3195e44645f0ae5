#pragma once

#include <sluice/batch/text_scan.hpp>

#include <bit>

// Vectors are those of g++ and clang, and of intrinsics the builtins behind them: <immintrin.h> costs 0.6 s wherever all is inline.

#if defined(__x86_64__)
#define SLUICE_FOR_AVX2 [[gnu::target("avx2,bmi,bmi2,popcnt")]]
#define SLUICE_FOR_AVX512 [[gnu::target("avx512f,avx512bw,avx2,bmi,bmi2,popcnt")]]
#endif

namespace sluice::inline SLUICE_ABI::detail {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sluice: text is cut by code for little-endian machines");

using TextVector [[gnu::vector_size(16)]] = unsigned char;

/// The 16 bits that say which bytes are 0xff, and not 0.
template <class Vector>
[[gnu::always_inline]] inline std::uint64_t bitsOf(Vector bytes) noexcept
{
    static_assert(sizeof bytes == 16);
#if defined(__x86_64__)
    using Signed [[gnu::vector_size(16)]] = char;
    return static_cast<std::uint32_t>(__builtin_ia32_pmovmskb128(reinterpret_cast<Signed>(bytes)));
#else
    using Halves [[gnu::vector_size(16)]] = std::uint64_t;
    auto const halves = reinterpret_cast<Halves>(bytes) & 0x8040201008040201u;  // byte i keeps bit i, and their sum are the bits
    return halves[0] * 0x0101010101010101u >> 56 | halves[1] * 0x0101010101010101u >> 56 << 8;
#endif
}

[[gnu::always_inline]] inline TextVector load16(char const* bytes) noexcept
{
    TextVector vector;
    std::memcpy(&vector, bytes, 16);
    return vector;
}

/// Less than 16 bytes, and at least one, and zeros behind them: none is read that lies outside.
[[gnu::always_inline]] inline TextVector loadPart(char const* bytes, std::size_t size) noexcept
{
    std::uint64_t halves[2] = {0, 0};
    if (size >= 8) {
        std::memcpy(&halves[0], bytes, 8);
        if (size > 8) {
            std::memcpy(&halves[1], bytes + size - 8, 8);
            halves[1] >>= 8 * (16 - size);
        }
    } else if (size >= 4) {
        std::uint32_t low;
        std::uint32_t high;
        std::memcpy(&low, bytes, 4);
        std::memcpy(&high, bytes + size - 4, 4);
        halves[0] = low | std::uint64_t{high} << (8 * (size - 4));
    } else {
        auto const byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i); };
        halves[0] = byte(0) | byte(size / 2) | byte(size - 1);
    }
    TextVector vector;
    std::memcpy(&vector, halves, 16);
    return vector;
}

/// Which of 16 bytes are white space, or a byte.
struct AreBlank {
    [[gnu::always_inline]] std::uint64_t operator()(TextVector bytes) const noexcept
    {
        return bitsOf((bytes == static_cast<unsigned char>(' ')) |
                      (bytes - static_cast<unsigned char>('\t') <= static_cast<unsigned char>('\r' - '\t')));
    }
};
struct AreByte {
    unsigned char byte;
    [[gnu::always_inline]] std::uint64_t operator()(TextVector bytes) const noexcept { return bitsOf(bytes == byte); }
};

/// The bits of less than 64 bytes, and at least one. By loads that overlap: some bits are told twice.
template <class Are>
[[gnu::noinline]] std::uint64_t bitsOfPart(char const* bytes, std::size_t size, Are are) noexcept
{
    auto const at = [&](std::size_t from) { return are(load16(bytes + from)) << from; };
    if (size >= 32) return at(0) | at(16) | at(size - 32) | at(size - 16);
    if (size >= 16) return at(0) | at(size - 16);
    return are(loadPart(bytes, size)) & ((std::uint64_t{1} << size) - 1);
}

/// The lines that have a needle of which that cannot be told without them.
[[gnu::cold, gnu::noinline]] inline Bounds cutEachLineWith(char const* from, char const* end, std::string_view needle,
                                                           char const** bounds) noexcept
{
    std::size_t n = 0;
    while (n < cutRoom && from != end) {
        auto const* lf = from;
        while (lf != end && *lf != '\n') ++lf;
        auto const* const stop = lf != end && lf != from && lf[-1] == '\r' ? lf - 1 : lf;
        if (std::string_view{from, static_cast<std::size_t>(stop - from)}.find(needle) != std::string_view::npos) {
            bounds[n++] = from;
            bounds[n++] = stop;
        }
        from = lf != end ? lf + 1 : end;
    }
    return {n, from};
}

/// An instruction set: the bits of 64 bytes, the lowest of bits that may be none, and how many there are, where that is one instruction.
struct Baseline {
    static constexpr bool counts = false;

    template <class Are>
    [[gnu::always_inline]] static std::uint64_t bits(char const* at, Are are) noexcept
    {
        return are(load16(at)) | are(load16(at + 16)) << 16 | are(load16(at + 32)) << 32 | are(load16(at + 48)) << 48;
    }
    static std::uint64_t blanks(char const* at) noexcept { return bits(at, AreBlank{}); }
    // A call: this is in every program, and run by few processors.
    [[gnu::noinline]] static std::uint64_t equals(char const* at, char byte) noexcept
    {
        return bits(at, AreByte{static_cast<unsigned char>(byte)});
    }
    static std::uint64_t both(char const* at, char byte, char const* there, char other) noexcept
    {
        return equals(at, byte) & equals(there, other);
    }
};

#if defined(__x86_64__)
struct Avx2 {
    static constexpr bool counts = true;
    using Vector [[gnu::vector_size(32)]] = unsigned char;
    using Signed [[gnu::vector_size(32)]] = char;

    SLUICE_FOR_AVX2 static Vector load(char const* at) noexcept
    {
        Vector vector;
        __builtin_memcpy(&vector, at, 32);
        return vector;
    }
    template <class V>
    SLUICE_FOR_AVX2 static std::uint64_t join(V low, V high) noexcept
    {
        return static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(reinterpret_cast<Signed>(low))) |
               std::uint64_t{static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(reinterpret_cast<Signed>(high)))} << 32;
    }
    SLUICE_FOR_AVX2 static auto areBlank(Vector v) noexcept
    {
        return (v == static_cast<unsigned char>(' ')) | (v - static_cast<unsigned char>('\t') <= static_cast<unsigned char>('\r' - '\t'));
    }
    SLUICE_FOR_AVX2 static std::uint64_t blanks(char const* at) noexcept { return join(areBlank(load(at)), areBlank(load(at + 32))); }
    SLUICE_FOR_AVX2 static std::uint64_t equals(char const* at, char byte) noexcept
    {
        auto const wanted = static_cast<unsigned char>(byte);
        return join(load(at) == wanted, load(at + 32) == wanted);
    }
    SLUICE_FOR_AVX2 static std::uint64_t both(char const* at, char byte, char const* there, char other) noexcept
    {
        auto const a = static_cast<unsigned char>(byte);
        auto const b = static_cast<unsigned char>(other);
        return join((load(at) == a) & (load(there) == b), (load(at + 32) == a) & (load(there + 32) == b));
    }
    SLUICE_FOR_AVX2 static std::size_t lowest(std::uint64_t bits) noexcept { return __builtin_ia32_tzcnt_u64(bits); }
};

struct Avx512 {
    static constexpr bool counts = true;
    using Vector [[gnu::vector_size(64)]] = unsigned char;
    using Signed [[gnu::vector_size(64)]] = char;

    SLUICE_FOR_AVX512 static Vector load(char const* at) noexcept
    {
        Vector vector;
        __builtin_memcpy(&vector, at, 64);
        return vector;
    }
    SLUICE_FOR_AVX512 static std::uint64_t areEqual(Vector bytes, char byte) noexcept
    {
        auto const wanted = Vector{} + static_cast<unsigned char>(byte);
        return __builtin_ia32_cmpb512_mask(reinterpret_cast<Signed>(bytes), reinterpret_cast<Signed>(wanted), 0, ~0ULL);  // 0: equal
    }
    SLUICE_FOR_AVX512 static std::uint64_t blanks(char const* at) noexcept
    {
        auto const bytes = load(at);
        auto const control = bytes - static_cast<unsigned char>('\t');
        auto const most = Vector{} + static_cast<unsigned char>('\r' - '\t');
        auto const areControl =
            __builtin_ia32_ucmpb512_mask(reinterpret_cast<Signed>(control), reinterpret_cast<Signed>(most), 2, ~0ULL);  // 2: at most
        return areEqual(bytes, ' ') | areControl;
    }
    SLUICE_FOR_AVX512 static std::uint64_t equals(char const* at, char byte) noexcept { return areEqual(load(at), byte); }
    SLUICE_FOR_AVX512 static std::uint64_t both(char const* at, char byte, char const* there, char other) noexcept
    {
        return equals(at, byte) & equals(there, other);
    }
    SLUICE_FOR_AVX512 static std::size_t lowest(std::uint64_t bits) noexcept { return __builtin_ia32_tzcnt_u64(bits); }
};
#endif

/// The bits of the next bytes, `left` of them if these are less than 64, in a text that may begin far enough before to look at 64.
template <class Set>
[[gnu::always_inline]] inline std::uint64_t blanksAt(char const* begin, char const* at, std::size_t left) noexcept
{
    if (left >= 64) return Set::blanks(at);
    auto const before = 64 - left;
    if (static_cast<std::size_t>(at - begin) >= before) return Set::blanks(at - before) >> before;
    return bitsOfPart(at, left, AreBlank{});
}
template <class Set>
[[gnu::always_inline]] inline std::uint64_t bytesAt(char const* begin, char const* at, std::size_t left, char byte) noexcept
{
    if (left >= 64) return Set::equals(at, byte);
    auto const before = 64 - left;
    if (static_cast<std::size_t>(at - begin) >= before) return Set::equals(at - before, byte) >> before;
    return bitsOfPart(at, left, AreByte{static_cast<unsigned char>(byte)});
}

/// Writes where bits are, and answers how many. Up to eight are written that nobody asked for: to find out costs more.
template <class Set>
[[gnu::always_inline]] inline std::size_t writeBits(std::uint64_t bits, char const* at, char const** out) noexcept
{
    std::size_t count = 0;
    if constexpr (Set::counts) {
        count = static_cast<std::size_t>(std::popcount(bits));
        for (std::size_t i = 0; i < count; i += 8) {
#pragma GCC unroll 8
            for (std::size_t j = 0; j < 8; ++j) {
                out[i + j] = at + Set::lowest(bits);
                bits &= bits - 1;
            }
        }
    } else {
        for (; bits != 0; bits &= bits - 1) out[count++] = at + std::countr_zero(bits);
    }
    return count;
}

template <class Set>
[[gnu::always_inline]] inline Bounds cutWords(char const* from, char const* end, char const** bounds) noexcept
{
    auto const* const begin = from;
    std::size_t n = 0;
    std::uint64_t before = 1;  // what stands before the text is white space
    while (n <= cutEnough) {
        auto const left = static_cast<std::size_t>(end - from);
        if (left == 0) break;
        auto blanks = blanksAt<Set>(begin, from, left);
        if (left < 64) blanks |= ~std::uint64_t{0} << left;
        n += writeBits<Set>(blanks ^ (blanks << 1 | before), from, bounds + n);
        before = blanks >> 63;
        from = left >= 64 ? from + 64 : end;
    }
    if (n % 2 != 0) {
        if (from == end) bounds[n++] = end;
        else from = bounds[--n];
    }
    return {n, from};
}

template <class Set, bool areLines>
[[gnu::always_inline]] inline Bounds cutBehind(char const* from, char const* end, char separator, char const** bounds) noexcept
{
    auto** out = bounds;  // where the next piece begins
    *out = from;
    auto const write = [](char const* at, char const** to) {
        to[1] = areLines && at[-1] == '\r' ? at - 1 : at;
        to[2] = at + 1;
    };
    if (areLines && from != end && *from == separator) {
        out[1] = from;
        out[2] = ++from;
        out += 2;
    }
    auto const* const begin = from;  // there is a byte before all that is found from here on
    auto const writeAll = [&](std::uint64_t bits) {
        for (; bits != 0; bits &= bits - 1, out += 2) write(from + std::countr_zero(bits), out);
    };
    auto const* const full = from + (end - from) / 64 * 64;
    for (; out <= bounds + cutEnough && from != full; from += 64) {
        auto bits = Set::equals(from, separator);
        if constexpr (Set::counts) {
            // Two are always written: whether there are some is a branch that nobody foresees.
            auto** const behind = out + 2 * std::popcount(bits);
            write(from + Set::lowest(bits), out);
            bits &= bits - 1;
            write(from + Set::lowest(bits), out + 2);
            bits &= bits - 1;
            for (out += 4; out < behind; out += 2, bits &= bits - 1) write(from + Set::lowest(bits), out);
            out = behind;
        } else {
            writeAll(bits);
        }
    }
    if (out <= bounds + cutEnough && from != end) {
        writeAll(bytesAt<Set>(begin, from, static_cast<std::size_t>(end - from), separator));
        from = end;
    }
    if (from == end && *out != end) {
        out[1] = out[2] = end;
        out += 2;
    }
    return {static_cast<std::size_t>(out - bounds), *out};
}

template <class Set>
[[gnu::always_inline]] inline Bounds cutFields(char const* from, char const* end, char separator, char const** bounds) noexcept
{
    if (from != end || from == nullptr) return cutBehind<Set, false>(from, end, separator, bounds);
    bounds[0] = bounds[1] = end;
    return {2, end};
}

/// As memcmp, of few bytes, without its call.
[[gnu::always_inline]] inline bool areEqual(char const* a, char const* b, std::size_t size) noexcept
{
    auto const differ = [&](std::size_t i) {
        std::uint64_t x;
        std::uint64_t y;
        std::memcpy(&x, a + i, 8);
        std::memcpy(&y, b + i, 8);
        return x ^ y;
    };
    if (size > 32) return std::memcmp(a, b, size) == 0;
    if (size < 8) {
        bool equal = true;
        for (std::size_t i = 0; i < size; ++i) equal &= a[i] == b[i];
        return equal;
    }
    auto different = differ(0) | differ(size - 8);
    if (size > 16) different |= differ(8) | differ(size - 16);
    return different == 0;
}

/// Muła, SIMD-friendly algorithms for substring searching (2016), with the rarest bytes for the first and the last one. A text in which
/// comparing has cost too much is left to the C library, whose search is linear.
template <class Set>
[[gnu::always_inline]] inline char const* findIn(char const* from, char const* end, char const* bytes, Needle const& needle) noexcept
{
    if (static_cast<std::size_t>(end - from) < needle.size) return nullptr;
    auto const* const last = end - needle.size + 1;  // behind the last byte where it may begin
    auto const a = bytes[needle.first];
    auto const b = bytes[needle.second];
    auto const* const begin = from;
    std::size_t compared = 0;
    while (from != last) {
        auto const* at = from;
        std::uint64_t bits;
        if (last - from >= 64) {
            do {
                at = from;
                bits = Set::both(at + needle.first, a, at + needle.second, b);
                from += 64;
            } while (bits == 0 && last - from >= 64);
        } else {
            auto const left = static_cast<std::size_t>(last - from);
            bits = bytesAt<Set>(begin + needle.first, at + needle.first, left, a) &
                   bytesAt<Set>(begin + needle.second, at + needle.second, left, b);
            from = last;
        }
        for (; bits != 0; bits &= bits - 1) {
            auto const* const found = at + std::countr_zero(bits);
            if (areEqual(found, bytes, needle.size)) return found;
            compared += needle.size;
        }
        if (compared > 4096 + 8 * static_cast<std::size_t>(from - begin)) {
            return static_cast<char const*>(::memmem(from, static_cast<std::size_t>(end - from), bytes, needle.size));
        }
    }
    return nullptr;
}

// Most lines end within 128 bytes, and in which half of them is a branch that nobody foresees.

/// Behind the last LF of [begin, at), or begin.
template <class Set>
[[gnu::always_inline]] inline char const* lineBegin(char const* begin, char const* at) noexcept
{
    for (; at - begin >= 128; at -= 128) {
        auto const near = Set::equals(at - 64, '\n');
        auto const far = Set::equals(at - 128, '\n');
        auto const isFar = std::size_t{near == 0};
        auto const bits = near | (far & (0 - isFar));
        if (bits != 0) return at - 64 - 64 * isFar + std::bit_width(bits);
    }
    while (at != begin && at[-1] != '\n') --at;
    return at;
}

/// The first LF of [at, end), or end.
template <class Set>
[[gnu::always_inline]] inline char const* lineEnd(char const* at, char const* end) noexcept
{
    for (; end - at >= 128; at += 128) {
        auto const near = Set::equals(at, '\n');
        auto const far = Set::equals(at + 64, '\n');
        auto const isFar = std::size_t{near == 0};
        auto const bits = near | (far & (0 - isFar));
        if (bits != 0) return at + 64 * isFar + std::countr_zero(bits);
    }
    while (at != end && *at != '\n') ++at;
    return at;
}

template <class Set>
[[gnu::always_inline]] inline Bounds cutLinesWith(char const* from, char const* end, char const* bytes, Needle const& needle,
                                                  char const** bounds) noexcept
{
    if (!needle.inLines) return cutEachLineWith(from, end, {bytes, needle.size}, bounds);
    auto const* const begin = from;
    std::size_t n = 0;
    while (n <= cutEnough && from != end) {
        auto const* const found = findIn<Set>(from, end, bytes, needle);
        if (found == nullptr) return {n, end};
        if (bounds == nullptr) return {2, end};
        auto const* const lf = lineEnd<Set>(found + needle.size, end);
        bounds[n++] = lineBegin<Set>(begin, found);
        bounds[n++] = lf != end && lf[-1] == '\r' ? lf - 1 : lf;
        from = lf != end ? lf + 1 : end;
    }
    return {n, from};
}

// NOLINTBEGIN(bugprone-macro-parentheses): an attribute stands in none
/// The kernels of an instruction set. Functions without that of their own are compiled within them, for it.
#define SLUICE_TEXT_KERNELS(Set, attribute)                                                                                                \
    struct Set##Kernels {                                                                                                                  \
        attribute static Bounds words(char const* from, char const* end, char const** bounds) { return cutWords<Set>(from, end, bounds); } \
        attribute static Bounds lines(char const* from, char const* end, char const** bounds)                                              \
        {                                                                                                                                  \
            return cutBehind<Set, true>(from, end, '\n', bounds);                                                                          \
        }                                                                                                                                  \
        attribute static Bounds fields(char const* from, char const* end, char separator, char const** bounds)                             \
        {                                                                                                                                  \
            return cutFields<Set>(from, end, separator, bounds);                                                                           \
        }                                                                                                                                  \
        attribute static Bounds linesWith(char const* from, char const* end, char const* bytes, Needle const& needle, char const** bounds) \
        {                                                                                                                                  \
            return cutLinesWith<Set>(from, end, bytes, needle, bounds);                                                                    \
        }                                                                                                                                  \
    }
// NOLINTEND(bugprone-macro-parentheses)

SLUICE_TEXT_KERNELS(Baseline, );
#if defined(__x86_64__)
SLUICE_TEXT_KERNELS(Avx2, SLUICE_FOR_AVX2);
SLUICE_TEXT_KERNELS(Avx512, SLUICE_FOR_AVX512);
#define SLUICE_IN_ALL_SETS(kernel) {BaselineKernels::kernel, Avx2Kernels::kernel, Avx512Kernels::kernel}
#else
#define SLUICE_IN_ALL_SETS(kernel) {BaselineKernels::kernel}
#endif

SLUICE_INLINE CutWords::Cut* const CutWords::inSets[] = SLUICE_IN_ALL_SETS(words);
SLUICE_INLINE CutLines::Cut* const CutLines::inSets[] = SLUICE_IN_ALL_SETS(lines);
SLUICE_INLINE CutFields::Cut* const CutFields::inSets[] = SLUICE_IN_ALL_SETS(fields);
SLUICE_INLINE CutLinesWith::Cut* const CutLinesWith::inSets[] = SLUICE_IN_ALL_SETS(linesWith);

SLUICE_COLD SLUICE_BODY std::size_t textSetsHere() noexcept
{
    std::size_t count = 1;
#if defined(__x86_64__)
    __builtin_cpu_init();  // where this runs before main
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt")) {
        ++count;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) ++count;
    }
#endif
    return count;
}

SLUICE_BODY std::size_t countLf(char const* bytes, std::size_t size) noexcept
{
    using Vector [[gnu::vector_size(16)]] = signed char;
    std::size_t count = 0;
    while (size >= 16) {
        Vector sums{};
        auto const rounds = size / 16 < 127 ? size / 16 : 127;  // a sum has seven bits
        for (std::size_t i = 0; i < rounds; ++i) {
            Vector v;
            std::memcpy(&v, bytes + 16 * i, 16);
            sums -= (v == static_cast<signed char>('\n'));
        }
        for (int i = 0; i < 16; ++i) count += static_cast<std::size_t>(sums[i]);
        bytes += 16 * rounds;
        size -= 16 * rounds;
    }
    for (std::size_t i = 0; i < size; ++i) count += bytes[i] == '\n' ? 1 : 0;
    return count;
}

SLUICE_BODY Bounds cutAtLoneCr(char const* from, char const* end, char const** bounds) noexcept
{
    std::size_t n = 0;
    while (n < cutRoom && from != end) {
        bounds[n++] = from;
        while (from != end && *from != '\n' && *from != '\r') ++from;
        bounds[n++] = from;
        from = behindLine(from, end);
    }
    return {n, from};
}

#undef SLUICE_IN_ALL_SETS
#undef SLUICE_TEXT_KERNELS
#undef SLUICE_FOR_AVX2
#undef SLUICE_FOR_AVX512

}  // namespace sluice::inline SLUICE_ABI::detail
