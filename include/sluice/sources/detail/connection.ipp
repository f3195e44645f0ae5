#pragma once

#include <sluice/sources/detail/connection.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void requireServer(Label const& label, int port, bool limitFits, std::string_view limit)
{
    if (port <= 0 || port > 65535)
        throw InvalidArgument{concat({where(label), ": a port lies between 1 and 65535, got ", Digits{port}.text()})};
    if (!limitFits) throw InvalidArgument{concat({where(label), ": ", limit})};
}

}  // namespace sluice::inline SLUICE_ABI::detail
