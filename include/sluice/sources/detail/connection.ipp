#pragma once

#include <sluice/sources/detail/connection.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void requireServerPort(char const* who, int port)
{
    if (port > 0 && port <= 65535) return;
    throw InvalidArgument{concat({"sluice::", who, ": a port lies between 1 and 65535, got ", Digits{port}.text()})};
}

}  // namespace sluice::inline SLUICE_ABI::detail
