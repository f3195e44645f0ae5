#pragma once

#include <sluice/batch/error.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace sluice::inline SLUICE_ABI {

/// Bytes that cannot be decoded, or a value that cannot be encoded. The text says where, what was expected, and of which type.
///
/// ```cpp
/// CHECK_THROWS_WITH_AS(static_cast<void>(decode<std::string>("\x05" "abc")), doctest::Contains("at byte 0"), CodecError);
/// ```
class CodecError : public StreamError {
public:
    [[gnu::cold]] CodecError(std::string const& text, std::size_t offset) : StreamError(text), offset_(offset) {}

    /// Of the bytes that were decoded, the first one of what could not be: from 0.
    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

private:
    std::size_t offset_;
};

namespace detail {

/// What a reader throws: whoever knows the type makes a CodecError of it.
struct BadBytes {
    char const* at;
    char const* problem;
};

/// How deep a value may lie in others of its own type, as in a tree: what is read must not overflow the stack.
inline constexpr unsigned mostNested = 256;

[[noreturn]] [[gnu::cold]] void failNested();

// Integers are least significant byte first, whatever the machine's order is.

template <class N>
inline constexpr bool isByteSwapped = sizeof(N) > 1 && std::endian::native != std::endian::little;

template <class N>
char* putNumber(char* at, N number) noexcept
{
    std::memcpy(at, &number, sizeof number);
    if constexpr (isByteSwapped<N>) {
        for (std::size_t i = 0; i < sizeof number / 2; ++i) {
            auto const kept = at[i];
            at[i] = at[sizeof number - 1 - i];
            at[sizeof number - 1 - i] = kept;
        }
    }
    return at + sizeof number;
}

template <class N>
void getNumber(char const* at, N& number) noexcept
{
    if constexpr (isByteSwapped<N>) {
        char bytes[sizeof number];
        for (std::size_t i = 0; i < sizeof number; ++i) bytes[i] = at[sizeof number - 1 - i];
        std::memcpy(&number, bytes, sizeof number);
    } else {
        std::memcpy(&number, at, sizeof number);
    }
}

/// The most bytes that a size takes.
inline constexpr std::size_t mostSizeBytes = 10;

/// Seven bits a byte, the lowest first; all bytes but the last one have the eighth set (LEB128).
inline char* putSize(char* at, std::uint64_t size) noexcept
{
    for (; size >= 0x80; size >>= 7) *at++ = static_cast<char>(size | 0x80);
    *at++ = static_cast<char>(size);
    return at;
}

}  // namespace detail

/// Writes encoded values behind what stands in a string, which is whole again when the writer has gone, or after `finish`.
/// It is what `encode(value, writer)` writes to; by itself it is for formats of one's own.
///
/// ```cpp
/// std::string bytes;
/// {
///     BinaryWriter writer{bytes};
///     writer.size(300);
///     writer.text("ab");
///     writer.number(std::int16_t{-2});
/// }
/// CHECK(bytes == "\xac\x02\x02" "ab\xfe\xff");
/// ```
class BinaryWriter {
public:
    explicit BinaryWriter(std::string& out) noexcept : out_(&out), at_(out.data() + out.size()), end_(at_), before_(out.size()) {}
    /// Behind the first `from` bytes of it: what is behind them is memory to write to.
    BinaryWriter(std::string& out, std::size_t from) noexcept
        : out_(&out), at_(out.data() + from), end_(out.data() + out.size()), before_(from)
    {
    }
    BinaryWriter(BinaryWriter const&) = delete;
    BinaryWriter& operator=(BinaryWriter const&) = delete;
    ~BinaryWriter()
    {
        if (end_ != at_) finish();  // else it has been: the string may have been moved since
    }

    /// A number as it is, with its lowest byte first.
    template <class N>
        requires std::is_arithmetic_v<N>
    void number(N n)
    {
        at_ = detail::putNumber(room(sizeof n), n);
    }

    /// A size: one byte up to 127, at most ten.
    void size(std::uint64_t n) { at_ = detail::putSize(room(detail::mostSizeBytes), n); }

    /// Bytes alone: who reads them must know how many they are.
    void bytes(void const* from, std::size_t n)
    {
        auto* const to = room(n);
        if (n > 0) std::memcpy(to, from, n);
        at_ = to + n;
    }

    /// A size, and so many bytes.
    void text(std::string_view t)
    {
        size(t.size());
        bytes(t.data(), t.size());
    }

    /// A size, and so many bytes as write() writes here.
    template <class Write>
    void sized(Write&& write)
    {
        auto const before = written();
        number(std::uint8_t{0});
        write();
        auto const size = written() - before - 1;
        if (size < 0x80) (*out_)[before] = static_cast<char>(size);
        else putLongSize(before, size);
    }

    /// How many bytes stand in the string now, with those that stood there before.
    [[nodiscard]] std::size_t written() const noexcept { return static_cast<std::size_t>(at_ - out_->data()); }

    /// The string has what was written, and nothing else. More may be written then.
    void finish() noexcept
    {
        out_->resize(written());
        end_ = at_;
    }

    // For encode: memory for so many more bytes, and where the next ones go.
    [[nodiscard]] char* room(std::size_t n)
    {
        if (static_cast<std::size_t>(end_ - at_) < n) [[unlikely]]
            grow(n);
        return at_;
    }
    void writtenTo(char* at) noexcept { at_ = at; }
    void enter()
    {
        if (++nested_ > detail::mostNested) detail::failNested();
    }
    void leave() noexcept { --nested_; }

private:
    [[gnu::cold]] void grow(std::size_t n);
    /// Before the last `size` bytes, where there is one for it at `at`.
    void putLongSize(std::size_t at, std::size_t size);

    std::string* out_;
    char* at_;
    char* end_;
    std::size_t before_;  // what stood there already
    unsigned nested_ = 0;
};

/// Reads encoded values one behind another; it never looks beyond the end of its bytes, which must live as long as it does. It
/// is what `decode<T>(reader)` reads from; by itself it is for formats of one's own. Where there is less than is asked for it
/// throws what is no std::exception: `guard(format, read)` makes a `CodecError` of it, as `decode` does.
///
/// ```cpp
/// BinaryReader reader{"\xac\x02\x02" "ab"};
/// CHECK(reader.size() == 300);
/// CHECK(reader.text() == "ab");
/// CHECK(reader.left() == 0);
/// CHECK_THROWS_AS(reader.guard("a list of mine", [&] { return reader.size(); }), CodecError);
/// ```
class BinaryReader {
public:
    explicit BinaryReader(std::string_view bytes) noexcept : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

    /// How many bytes are left.
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
    /// How many have been read.
    [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

    template <class N>
        requires(std::is_arithmetic_v<N> && !std::is_same_v<N, bool>)
    [[nodiscard]] N number()
    {
        N n;
        detail::getNumber(take(sizeof n, "fewer bytes are left than a number takes"), n);
        return n;
    }

    [[nodiscard]] std::uint64_t size()
    {
        auto const lowest = left() > 0 ? static_cast<unsigned char>(*at_) : 0x80U;
        if (lowest < 0x80) [[likely]] {
            ++at_;
            return lowest;
        }
        return longSize();
    }

    /// A view into the bytes.
    [[nodiscard]] std::string_view text()
    {
        auto const* const begin = at_;
        auto const n = size();
        if (n > left()) fail(begin, "a text is longer than what is left");
        return bytes(static_cast<std::size_t>(n));
    }

    [[nodiscard]] std::string_view bytes(std::size_t n) { return {take(n, "fewer bytes are left than are asked for"), n}; }

    /// read() with its errors as CodecError: "cannot read `what`: at byte …".
    template <class Read>
    decltype(auto) guard(std::string_view what, Read&& read)
    {
        try {
            return read();
        } catch (detail::BadBytes const& bad) {
            failIn(what, bad);
        }
    }

    // For decode.
    [[nodiscard]] char const* at() const noexcept { return at_; }
    [[nodiscard]] char const* begin() const noexcept { return begin_; }
    [[nodiscard]] char const* end() const noexcept { return end_; }
    void readTo(char const* at) noexcept { at_ = at; }
    [[nodiscard]] char const* take(std::size_t n, char const* problem)
    {
        if (left() < n) [[unlikely]]
            fail(at_, problem);
        auto const* const from = at_;
        at_ += n;
        return from;
    }
    void enter()
    {
        if (++nested_ > detail::mostNested) fail(at_, "more than 256 values of one type lie within each other");
    }
    void leave() noexcept { --nested_; }
    [[noreturn]] [[gnu::cold]] static void fail(char const* at, char const* problem);

private:
    [[noreturn]] [[gnu::cold]] void failIn(std::string_view what, detail::BadBytes const& bad) const;
    [[gnu::cold]] std::uint64_t longSize();

    char const* begin_;
    char const* at_;
    char const* end_;
    unsigned nested_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/codec/bytes.ipp>
#endif
