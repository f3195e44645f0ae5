#pragma once

#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// States that tests keep, and a context that keeps them.

inline constexpr auto countUp = [](std::string_view, std::optional<std::int64_t> by, sluice::State<std::int64_t>& count) {
    count.update(count.getOption().value_or(0) + by.value_or(0));
    return count.get();
};
inline constexpr auto addUp = [](std::vector<std::int64_t> const& values,
                                 std::optional<std::int64_t> total) -> std::optional<std::int64_t> {
    auto all = total.value_or(0);
    for (auto const value : values) all += value;
    if (all == 0) return std::nullopt;
    return all;
};

/// A context with a directory, whose graph `build` makes, and one batch of it; what is thrown, as text.
template <class Build>
std::string started(std::string const& directory, Build&& build, sluice::Duration interval = std::chrono::seconds{1},
                    sluice::CheckpointOptions options = {})
{
    using namespace sluice;
    ManualClock clock;
    StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, interval};
    checkpoint(ssc, directory, std::move(options));
    RDDQueue<std::pair<std::string, std::int64_t>> queue;
    queue.push({{"a", 1}});
    build(queueStream(ssc, queue));
    try {
        ssc.start();
        clock.advance(interval);
        ssc.stop();
    } catch (std::exception const& error) {
        return error.what();
    }
    return "";
}
inline bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }
