#pragma once

#include <sluice/operators/reduce.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct First : ValueAction<First>, Needs<need::Ownable, need::Replaceable> {
    using ValueAction::ValueAction;
    static constexpr char const* spelled = "first";
    static constexpr char const* ifEmpty = "sluice::first(): the batch is empty; use take(1)";

    template <class Up>
    constexpr auto valueOf(Up const& up) const
    {
        return pushUntilEnough(up, FirstSink<Owned<ValueOf<Up>>>{}).value;
    }
};

}  // namespace detail

/// The first record in the order of partitions; owned, so that it may outlive the batch: text comes as `std::string`.
/// Stops the loop as soon as it has it; runs in the calling thread.
///
/// Action. A batch without records: `InvalidArgument`. In a stream: a stream of one record a batch, in one partition;
/// an empty batch gives no record, *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | filter([](int x) { return x > 1; }) | first()) == 2);
/// ```
inline constexpr detail::Maker<detail::First> first{};

}  // namespace sluice::inline SLUICE_ABI
