#pragma once

#include <sluice/io/standard_error.hpp>
#include <sluice/stream/config.hpp>

#include <mutex>

#include <time.h>

namespace sluice::inline SLUICE_ABI::detail {

/// A point of the wall clock, in microseconds since the epoch, as ISO 8601 writes it in UTC: `2026-11-27T01:58:01.123Z`.
[[gnu::cold]] std::string stampOf(std::int64_t microseconds);

/// What stands on standard error of an entry: `2026-11-27T01:58:01.123Z warning sluice::print (words.cpp:7), batch 1000 ms: text`,
/// in one line. The time is UTC; bytes that are no text (of a peer, perhaps) are escaped, so that they neither begin a line
/// of their own nor reach the terminal.
[[gnu::cold]] std::string lineOf(LogEntry const& entry, ::timespec const& now);

/// Where no log is set: warnings and errors, a line each.
[[gnu::cold]] void logToStandardError(LogEntry const& entry);

/// Takes messages for the host's log, one at a time.
class Log {
public:
    explicit Log(Callback<void(LogEntry const&)> hook) : hook_(std::move(hook)) {}

    [[gnu::cold]] void operator()(LogLevel level, Label const& label, std::optional<Time> batch, std::string text) noexcept;

    /// A text of several parts. Where there is no memory for it, that is said instead.
    [[gnu::cold]] void tell(LogLevel level, Label const& label, std::optional<Time> batch,
                            std::initializer_list<std::string_view> parts) noexcept;

private:
    Callback<void(LogEntry const&)> hook_;
    std::mutex mutex_;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/runtime/log.ipp>
#endif
