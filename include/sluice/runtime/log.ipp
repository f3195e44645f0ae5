#pragma once

#include <sluice/runtime/log.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY std::string stampOf(std::int64_t microseconds)
{
    auto const seconds = static_cast<::time_t>(microseconds / 1'000'000);
    ::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char stamp[32];
    auto const length = ::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S.", &utc);
    Digits const millisecond{1000 + microseconds % 1'000'000 / 1000};
    return concat({{stamp, length}, millisecond.text().substr(1), "Z"});
}

SLUICE_COLD SLUICE_BODY std::string lineOf(LogEntry const& entry, ::timespec const& now)
{
    char const* const level = entry.level == LogLevel::error ? " error " : entry.level == LogLevel::warning ? " warning " : " info ";
    auto line = concat({stampOf(now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000), level});
    // Errors of batches say themselves where they come from.
    if (!entry.text.starts_with("sluice::") && !entry.text.starts_with("sluice, batch ")) {
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

SLUICE_COLD SLUICE_BODY void logToStandardError(LogEntry const& entry)
{
    if (entry.level == LogLevel::info) return;
    ::timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    io::writeToStandardError(lineOf(entry, now));
}

SLUICE_COLD SLUICE_BODY void Log::operator()(LogLevel level, Label const& label, std::optional<Time> batch, std::string text) noexcept
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

SLUICE_COLD SLUICE_BODY void Log::tell(LogLevel level, Label const& label, std::optional<Time> batch,
                                       std::initializer_list<std::string_view> parts) noexcept
{
    std::string text{outOfMemory};
    try {
        text = concat(parts);
    } catch (...) {
    }
    (*this)(level, label, batch, std::move(text));
}

}  // namespace sluice::inline SLUICE_ABI::detail
