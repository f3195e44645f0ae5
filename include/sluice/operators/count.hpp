#pragma once

#include <sluice/batch/rdd.hpp>

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
};

struct Count : ActionBase {
    Label label;

    template <class Up>
    static constexpr bool accepts = true;
    template <class Up>
    static consteval void require()
    {
    }

    /// In a stream: one record a batch.
    static constexpr bool onNoRdd = false;
    template <class Up>
    using Result = std::int64_t;

    template <class Up>
    constexpr std::int64_t run(Up const& up) const
    {
        auto counts = perPartition<std::int64_t>(up);
        forPartitions(up, [&](std::size_t p) {
            CountSink sink;
            up.each(p, 0, sink);
            counts[p] = sink.count;
        });
        std::int64_t all = 0;
        for (std::size_t p = 0; p < counts.size(); ++p) all += counts[p];
        return all;
    }

    template <class Up>
    constexpr std::optional<std::int64_t> runInStream(Up const& up) const
    {
        return run(up);
    }
};

struct CountFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return Count{{}, {"count", at}}; }
};

}  // namespace detail

/// The number of records, as `std::int64_t`.
///
/// Action. In a stream: a stream of one number a batch, in one partition. An empty batch gives 0; *no RDD* is a
/// `StreamError`.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | count()) == 3);
/// ```
inline constexpr detail::CountFn count{};

}  // namespace sluice::inline SLUICE_ABI
