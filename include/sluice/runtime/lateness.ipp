#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/runtime/lateness.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY bool Lateness::growsBehind(Time batch, Duration late)
{
    if (batches_++ == 0) {
        first_ = batch;
        firstLate_ = late;
        told_ = interval_;
        late_ = Duration{0};
        risen_ = 0;
    }
    if (late > late_) ++risen_;
    else if (risen_ > 0) --risen_;
    latest_ = batch;
    late_ = late;
    if (risen_ < rises || late < 2 * told_) return false;
    told_ = late;
    return true;
}

SLUICE_COLD SLUICE_BODY void Lateness::tell(Log& log) const
{
    auto const each = (latest_ + late_ - (first_ + firstLate_)) / (batches_ - 1);
    log.tell(LogLevel::warning, {}, latest_,
             {"the program falls behind: batches begin later and later, this one ", Digits{late_ / millisecond}.text(),
              " ms after its time; one begins every ", Digits{each / millisecond}.text(), " ms"});
}

}  // namespace sluice::inline SLUICE_ABI::detail
