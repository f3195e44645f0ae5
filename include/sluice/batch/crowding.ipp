#pragma once

#include <sluice/batch/crowding.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY bool Crowding::add(std::size_t distance, std::size_t keys) noexcept
{
    sum_ += distance;
    far_ = far_ || distance > 128 * tolerance_;
    return far_ || sum_ > tolerance_ * (keys + 256);
}

}  // namespace sluice::inline SLUICE_ABI::detail
