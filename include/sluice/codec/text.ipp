#pragma once

#include <sluice/codec/text.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY void appendPart(std::string& out, std::string_view part) { out.append(part.data(), part.size()); }

SLUICE_BODY void appendPart(std::string& out, char part) { out.push_back(part); }

SLUICE_BODY void appendInteger(std::string& out, std::int64_t value)
{
    char buffer[20];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

SLUICE_BODY void appendInteger(std::string& out, std::uint64_t value)
{
    char buffer[20];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

}  // namespace sluice::inline SLUICE_ABI::detail
