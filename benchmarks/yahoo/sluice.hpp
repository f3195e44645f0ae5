#pragma once

#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split_lines.hpp>

#include "events.hpp"

#include <functional>

namespace yahoo {

/// As a user writes it, on a batch and on a stream.
inline auto counts(auto const& texts, Campaigns const& campaigns)
{
    using namespace sluice;
    return texts | flatMap(splitLines()) | map(parse) | filter([](Event const& event) { return event.type == "view"; }) |
           map([&campaigns](Event const& event) { return std::pair{keyOf(campaigns.at(event.ad), event.time), std::int64_t{1}}; }) |
           reduceByKey(std::plus{});
}

}  // namespace yahoo
