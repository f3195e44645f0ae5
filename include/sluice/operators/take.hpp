#pragma once

#include <sluice/operators/detail/action.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
struct TakeSink {
    std::size_t wanted;
    std::vector<T> records{};

    template <class R>
    constexpr bool operator()(R&& record)
    {
        records.push_back(own(static_cast<R&&>(record)));
        return !hasEnough();
    }
    [[nodiscard]] constexpr bool hasEnough() const { return records.size() >= wanted; }
};

struct Take : ActionBase, Needs<need::Ownable, need::Copyable> {
    std::size_t wanted;
    Label label;

    constexpr Take(std::size_t n, CallSite at) : wanted(n), label{"take", at} {}

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        return pushUntilEnough(up, TakeSink<Owned<ValueOf<Up>>>{wanted}).records;
    }
};

}  // namespace detail

/// The first n records in the order of partitions, or all where there are fewer, as an owning `std::vector`. Stops the
/// loop as soon as it has them; runs in the calling thread.
///
/// Action, on batches only: in a stream use `foreachRDD`. An empty batch gives an empty vector.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | take(2)) == std::vector{1, 2});
/// ```
inline constexpr detail::NumberMaker<detail::Take> take{};

}  // namespace sluice::inline SLUICE_ABI
