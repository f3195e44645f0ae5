#pragma once

#include <sluice/stream/time.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY std::string milliseconds(std::int64_t microseconds, char const* unit)
{
    auto const rest = microseconds % 1000;
    Digits const whole{microseconds / 1000};
    Digits const micro{1000 + (rest < 0 ? -rest : rest)};
    return concat(
        {rest < 0 && microseconds > -1000 ? "-0" : whole.text(), rest != 0 ? "." : "", rest != 0 ? micro.text().substr(1) : "", unit});
}

}  // namespace sluice::inline SLUICE_ABI::detail
