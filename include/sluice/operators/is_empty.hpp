#pragma once

#include <sluice/operators/detail/action.hpp>

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
    [[nodiscard]] constexpr bool hasEnough() const { return any; }
};

struct IsEmpty : ValueAction<IsEmpty>, Needs<> {
    using ValueAction::ValueAction;
    static constexpr char const* spelled = "isEmpty";

    template <class Up>
    constexpr bool valueOf(Up const& up) const
    {
        return !pushUntilEnough(up, IsEmptySink{}).any;
    }
};

}  // namespace detail

/// Whether a batch has no record. Stops the loop at the first one; runs in the calling thread.
///
/// Action. In a stream: a stream of one `bool` a batch, in one partition; *no RDD*, which is not an empty one, stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | filter([](int x) { return x > 3; }) | isEmpty()));
/// ```
inline constexpr detail::Maker<detail::IsEmpty> isEmpty{};

}  // namespace sluice::inline SLUICE_ABI
