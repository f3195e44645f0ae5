#pragma once

#include <sluice/batch/text_scan.hpp>
#include <sluice/operators/detail/action.hpp>

#include <cstdint>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct CountSink {
    std::int64_t count = 0;

    template <class R>
    constexpr bool operator()(R&&)
    {
        ++count;
        return true;
    }
    Taken takeLines(char const* begin, char const* end)
    {
        auto const size = static_cast<std::size_t>(end - begin);
        count += static_cast<std::int64_t>(countLf(begin, size)) + (size > 0 && end[-1] != '\n' ? 1 : 0);
        return {size, true};
    }
    constexpr void merge(CountSink const& other) { count += other.count; }
    [[nodiscard]] constexpr std::int64_t value() const { return count; }
};

struct Count : SinkAction<Count>, Needs<> {
    using SinkAction::SinkAction;
    static constexpr char const* spelled = "count";
    static constexpr bool onNoRdd = false;
    template <class Up>
    using Sink = CountSink;

    template <class Up>
    constexpr std::int64_t valueOf(Up const& up) const
    {
        if constexpr (requires { up.size(); }) {
            if (auto const size = static_cast<std::int64_t>(up.size()); size >= 0) return size;
        }
        return SinkAction::valueOf(up);
    }
};

}  // namespace detail

/// The number of records, as `std::int64_t`.
///
/// Action. In a stream: a stream of one number a batch, in one partition. An empty batch gives 0; *no RDD* is a
/// `StreamError`. Records that are there already, or were received, are not looked at.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | count()) == 3);
/// ```
inline constexpr detail::Maker<detail::Count> count{};

}  // namespace sluice::inline SLUICE_ABI
