#pragma once

#include <sluice/io/standard_error.hpp>
#include <sluice/stream/config.hpp>

#include <mutex>

#include <time.h>

namespace sluice::inline SLUICE_ABI::detail {

/// A point of the wall clock, in microseconds since the epoch, as ISO 8601 writes it in UTC: `2026-11-27T01:58:01.123Z`.
SLUICE_COLD inline std::string stampOf(std::int64_t microseconds)
{
    auto const seconds = static_cast<::time_t>(microseconds / 1'000'000);
    ::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char stamp[32];
    auto const length = ::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S.", &utc);
    Digits const millisecond{1000 + microseconds % 1'000'000 / 1000};
    return concat({{stamp, length}, millisecond.text().substr(1), "Z"});
}

/// What stands on standard error of an entry: `2026-11-27T01:58:01.123Z warning sluice::print (words.cpp:7), batch 1000 ms: text`,
/// in one line. The time is UTC; bytes that are no text (of a peer, perhaps) are escaped, so that they neither begin a line
/// of their own nor reach the terminal.
SLUICE_COLD inline std::string lineOf(LogEntry const& entry, ::timespec const& now)
{
    char const* const level = entry.level == LogLevel::error ? " error " : entry.level == LogLevel::warning ? " warning " : " info ";
    auto line = concat({stampOf(now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000), level});
    // Errors of batches say themselves where they come from.
    if (!entry.text.starts_with("sluice::")) {
        line += where(entry.label);
        if (entry.batchTime) line += concat({", batch ", entry.batchTime->toString()});
        line += ": ";
    }
    for (char const c : entry.text) {
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
            line += c;
        } else if (c == '\n') {
            line += "\\n";
        } else {
            constexpr char const* digits = "0123456789abcdef";
            line += "\\x";
            line += digits[static_cast<unsigned char>(c) / 16];
            line += digits[c & 15];
        }
    }
    line += '\n';
    return line;
}

/// Where no log is set: warnings and errors, a line each.
SLUICE_COLD inline void logToStandardError(LogEntry const& entry)
{
    if (entry.level == LogLevel::info) return;
    ::timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    io::writeToStandardError(lineOf(entry, now));
}

/// Takes messages for the host's log, one at a time.
class Log {
public:
    explicit Log(Callback<void(LogEntry const&)> hook) : hook_(std::move(hook)) {}

    SLUICE_COLD void operator()(LogLevel level, Label const& label, std::optional<Time> batch, std::string text) noexcept
    {
        std::lock_guard const lock{mutex_};
        LogEntry const entry{level, label, batch, std::move(text)};
        try {
            if (hook_) return hook_(entry);
        } catch (...) {
            return;  // whom should it be told?
        }
        try {
            logToStandardError(entry);
        } catch (...) {
            io::writeToStandardError("sluice: out of memory, and a message is lost\n");
        }
    }

    /// A text of several parts. Where there is no memory for it, that is said instead.
    SLUICE_COLD void tell(LogLevel level, Label const& label, std::optional<Time> batch, std::initializer_list<std::string_view> parts) noexcept
    {
        std::string text{outOfMemory};
        try {
            text = concat(parts);
        } catch (...) {
        }
        (*this)(level, label, batch, std::move(text));
    }

private:
    Callback<void(LogEntry const&)> hook_;
    std::mutex mutex_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
