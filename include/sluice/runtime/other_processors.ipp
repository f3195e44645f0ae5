#pragma once

#include <sluice/runtime/other_processors.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void OtherProcessors::move(int processor)
{
    left_ = processor;
    if (processor < 0 || processor >= CPU_SETSIZE) return;
    for (auto& one : threads_) {
        cpu_set_t now;
        if (::pthread_getaffinity_np(one.thread, sizeof now, &now) != 0) continue;
        if (!CPU_EQUAL(&now, &one.given)) one.own = now;
        auto others = one.own;
        if (static_cast<std::size_t>(CPU_COUNT(&others)) > threads_.size()) CPU_CLR(static_cast<std::size_t>(processor), &others);
        if (::pthread_setaffinity_np(one.thread, sizeof others, &others) == 0) one.given = others;
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
