#pragma once

#include <sluice/batch/collect_sink.hpp>
#include <sluice/operators/detail/action.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What a sink gathers of each partition, in the order of partitions.
template <class Up, class Empty>
constexpr auto gathered(Up const& up, Empty const& empty)
{
    auto const gather = [&](std::size_t p) {
        auto sink = empty();
        up.each(p, 0, sink);
        return std::move(sink).take();
    };
    using Records = decltype(gather(0));
    return mergedParts(up, Records{}, gather, [](Records& all, Records&& part) {
        if (all.empty()) all = std::move(part);
        else moveBehind(all, std::move(part));
    });
}

struct Collect : ActionBase, Needs<need::Ownable, need::Copyable> {
    Label label;

    constexpr explicit Collect(CallSite at) : label{"collect", at} {}

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        return gathered(up, [] { return CollectSink<Owned<ValueOf<Up>>>{}; });
    }
};

}  // namespace detail

/// All records in one `std::vector`, in the order of partitions; owned, so that it may outlive the batch: text comes as
/// `std::string`.
///
/// Action, on batches only: in a stream use `foreachRDD`. An empty batch gives an empty vector.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}, 2) | collect()) == std::vector{1, 2, 3});
/// ```
inline constexpr detail::Maker<detail::Collect> collect{};

}  // namespace sluice::inline SLUICE_ABI
