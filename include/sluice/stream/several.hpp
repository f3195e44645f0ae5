#pragma once

#include <sluice/stream/graph.hpp>

namespace sluice::inline SLUICE_ABI::detail {

// What operators over several streams ask of them.

/// They belong to one context and have batches at the same times: `InvalidArgument`.
template <class First, class... Rest>
void requireAlike(Label const& label, First const& first, Rest const&... rest)
{
    [[maybe_unused]] auto const check = [&](auto const& node) {
        if (node.graph() != first.graph()) {
            throw InvalidArgument{concat({where(label), ": the streams belong to different contexts"})};
        }
        if (node.slide() != first.slide()) {
            throw InvalidArgument{concat({where(label), ": the streams have different slide durations: ",
                                          toString(first.slide()), " and ", toString(node.slide())})};
        }
    };
    (check(rest), ...);
}

/// The batch of one of them; no RDD is an error.
template <class Node>
auto batchOf(Label const& label, Node const& node, Time t)
{
    auto batch = node.at(t);
    if (!batch) {
        throw StreamError{label, concat({"there is no RDD of ", where(node.label()), " at ", t.toString()})};
    }
    return *std::move(batch);
}

template <class T, class... Us>
inline constexpr bool sameRecord = (std::is_same_v<T, Us> && ...);

}  // namespace sluice::inline SLUICE_ABI::detail
