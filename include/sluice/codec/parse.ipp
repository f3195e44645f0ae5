#pragma once

#include <sluice/codec/parse.hpp>

#include <charconv>
#include <cstring>

namespace sluice::inline SLUICE_ABI::detail {

/// Eight digits, of which the first is the lowest byte. D. Lemire, Quickly parsing eight digits (2018).
inline Whole eightDigits(std::uint64_t bytes) noexcept
{
    bool const areDigits = ((bytes & 0xf0f0f0f0f0f0f0f0) | ((bytes + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4) == 0x3333333333333333;
    bytes = (bytes & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
    bytes = (bytes & 0x00ff00ff00ff00ff) * 6553601 >> 16;
    return {(bytes & 0x0000ffff0000ffff) * 42949672960001 >> 32, areDigits};
}

/// At most eight bytes, behind as many zeros as there is room for.
inline std::uint64_t padded(char const* bytes, std::size_t size) noexcept
{
    std::uint64_t all = 0;
    if (size >= 4) {
        std::uint32_t low;
        std::uint32_t high;
        std::memcpy(&low, bytes, 4);
        std::memcpy(&high, bytes + size - 4, 4);
        all = std::uint64_t{high} << 32 | std::uint64_t{low} << (8 * (8 - size));
    } else if (size > 0) {
        auto const byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * (8 - size + i)); };
        all = byte(0) | byte(size / 2) | byte(size - 1);
    }
    auto const room = 64 - 8 * size;
    return room == 0 ? all : all | 0x3030303030303030 >> (64 - room);
}

SLUICE_BODY Whole wholeOf(std::string_view digits) noexcept
{
    auto const* const bytes = digits.data();
    auto const size = digits.size();
    if (size == 0 || size > 16) return wholeByDigits(digits);
    if (size <= 8) return eightDigits(padded(bytes, size));
    auto const high = eightDigits(padded(bytes, size - 8));
    auto const low = eightDigits(padded(bytes + size - 8, 8));
    return {high.magnitude * 100'000'000 + low.magnitude, high.isOne && low.isOne};
}

template <class T>
bool readByLibrary(std::string_view text, T& value) noexcept
{
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return false;
    }
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && stop == text.data() + text.size();
}
SLUICE_BODY bool readFloating(std::string_view text, float& value) noexcept { return readByLibrary(text, value); }
SLUICE_BODY bool readFloating(std::string_view text, long double& value) noexcept { return readByLibrary(text, value); }

/// Where digits and a power of ten are doubles, one division rounds right. W. D. Clinger, How to read floating point numbers accurately
/// (1990), section 3.
SLUICE_BODY bool readFloating(std::string_view text, double& value) noexcept
{
    static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (text.size() > 18) return readByLibrary(text, value);  // as a rule more digits than a double has
    auto const* at = text.data();
    auto const* const end = at + text.size();
    bool const negative = at != end && *at == '-';
    if (negative || (at != end && *at == '+')) ++at;
    std::uint64_t digits = 0;
    auto const read = [&] {
        auto const* const begin = at;
        for (; at != end && static_cast<unsigned char>(*at - '0') <= 9; ++at) digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
        return at - begin;
    };
    auto const whole = read();
    if (at != end && *at == '.') ++at;
    auto const fraction = read();
    if (at != end || whole + fraction == 0 || digits > std::uint64_t{1} << 53) return readByLibrary(text, value);
    value = static_cast<double>(digits) / powers[fraction];
    if (negative) value = -value;
    return true;
}

SLUICE_COLD SLUICE_BODY void refuseText(std::string_view text, char const* what, std::size_t bytes)
{
    constexpr std::size_t most = 80;
    throw InvalidArgument{concat({"sluice::parse: \"", text.substr(0, most), text.size() > most ? "…" : "", "\" is no ", what, " of ",
                                  Digits{8 * bytes}.text(), " bits"})};
}

}  // namespace sluice::inline SLUICE_ABI::detail
