#pragma once

#include <sluice/codec/text.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY void appendPart(std::string& out, std::string_view part) { out.append(part.data(), part.size()); }

SLUICE_BODY void appendInteger(std::string& out, std::uint64_t value, bool negative)
{
    char buffer[20];
    auto* const end = buffer + sizeof buffer;
    auto* at = end;
    for (; value >= 10; value /= 100) {  // two digits at a time: only the division by 100 waits for the one before
        auto const two = static_cast<unsigned>(value % 100);
        *--at = static_cast<char>('0' + two % 10);
        *--at = static_cast<char>('0' + two / 10);
    }
    if (value > 0 || at == end) *--at = static_cast<char>('0' + value);
    if (negative) *--at = '-';
    appendPart(out, {at, static_cast<std::size_t>(end - at)});
}

}  // namespace sluice::inline SLUICE_ABI::detail
