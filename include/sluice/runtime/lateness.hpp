#pragma once

#include <sluice/runtime/log.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Whether batches begin later and later, and when that is to be told.
///
/// It begins with one that is an interval late, since the next one waits then. It is told when five more have been later than the
/// one before them than have not, so neither for one slow batch nor for what comes and goes; and again whenever it has doubled. It
/// ends with one that is less than an interval late.
class Lateness {
public:
    explicit Lateness(Duration interval) : interval_(interval), told_(interval) {}

    /// A batch begins so late. True: it is to be told.
    bool grows(Time batch, Duration late)
    {
        if (late >= interval_) [[unlikely]]
            return growsBehind(batch, late);
        batches_ = 0;
        return false;
    }
    /// What is to be told.
    [[gnu::cold]] void tell(Log& log) const;

private:
    [[gnu::cold]] bool growsBehind(Time batch, Duration late);

    static constexpr int rises = 5;
    static constexpr Duration millisecond = std::chrono::milliseconds{1};

    Duration interval_;
    Duration told_;
    Time first_{};  // that began late
    Duration firstLate_{};
    Time latest_{};
    Duration late_{};
    std::int64_t batches_ = 0;  // since then
    int risen_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/runtime/lateness.ipp>
#endif
