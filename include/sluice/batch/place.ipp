#pragma once

#include <sluice/batch/place.hpp>

namespace sluice::inline SLUICE_ABI {

SLUICE_BODY void EnginePlace::runLoop(Loop const& loop) const
{
    poll();
    // A hand-over costs microseconds: it must have something to do.
    std::size_t busy = 0;
    for (std::size_t p = 0; engine_ && p < loop.partitions && busy < 2; ++p) busy += loop.empty(p) ? 0 : 1;
    if (busy < 2) {
        return InlinePlace::run(loop.partitions, [&](std::size_t p) { return loop.empty(p); }, [&](std::size_t p) { loop.run(p); });
    }

    struct Task {
        EnginePlace const& place;
        Loop const& loop;
    } task{*this, loop};
    engine_->run(
        loop.partitions,
        [](void* context, std::size_t p) {
            auto const& [place, of] = *static_cast<Task*>(context);
            if (of.empty(p)) return;
            place.poll();
            of.run(p);
        },
        &task);
}

}  // namespace sluice::inline SLUICE_ABI
