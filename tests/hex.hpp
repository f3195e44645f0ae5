#pragma once

#include <string>
#include <string_view>

/// Bytes as two digits each: as golden formats are written in tests.
inline std::string hex(std::string_view bytes)
{
    std::string out;
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}
