#pragma once

#include <sluice/batch/rdd.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Has enough of one record, and does not look at it.
struct IsEmptySink {
    static constexpr bool one = true;
    bool any = false;

    template <class R>
    constexpr bool operator()(R&&)
    {
        any = true;
        return false;
    }
};

struct IsEmpty : ActionBase {
    Label label;

    template <class Up>
    static constexpr bool accepts = true;
    template <class Up>
    static consteval void require()
    {
    }

    static constexpr bool onNoRdd = true;
    template <class Up>
    using Result = bool;

    template <class Up>
    constexpr bool run(Up const& up) const
    {
        IsEmptySink sink;
        up.prepare();
        InlinePlace::run(
            up.partitions(), [&](std::size_t p) { return sink.any || up.isEmpty(p); },
            [&](std::size_t p) { up.each(p, 0, sink); });
        return !sink.any;
    }

    template <class Up>
    constexpr std::optional<bool> runInStream(Up const& up) const
    {
        return run(up);
    }
};

struct IsEmptyFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return IsEmpty{{}, {"isEmpty", at}}; }
};

}  // namespace detail

/// Whether a batch has no record. Stops the loop at the first one; runs in the calling thread.
///
/// Action. In a stream: a stream of one `bool` a batch, in one partition; *no RDD*, which is not an empty one, stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | filter([](int x) { return x > 3; }) | isEmpty()));
/// ```
inline constexpr detail::IsEmptyFn isEmpty{};

}  // namespace sluice::inline SLUICE_ABI
