#pragma once

#include <sluice/operators/detail/pair_member.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct ValuesFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const
    {
        return PairMember<1>{{}, {"values", at}};
    }
};

}  // namespace detail

/// The value of every pair.
///
/// Narrow, for pairs (K, V). Partitions and the order of records are kept. An empty batch stays empty, *no RDD* stays
/// none.
///
/// ```cpp
/// CHECK((rdd({std::pair{'a', 1}, std::pair{'b', 2}}) | values() | collect()) == std::vector{1, 2});
/// ```
inline constexpr detail::ValuesFn values{};

}  // namespace sluice::inline SLUICE_ABI
