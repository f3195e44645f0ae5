#pragma once

#include <sluice/operators/contains.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/split_lines.hpp>
#include <sluice/operators/sum.hpp>

#include "lines.hpp"

namespace grep {

/// As a user writes it, on a batch and on a stream.
inline auto matching(auto const& texts)
{
    using namespace sluice;
    return texts | flatMap(splitLines()) | filter(contains(needle));
}
/// Only how many there are.
inline auto counted(auto const& texts) { return matching(texts) | sluice::count(); }
/// Each line is looked at: their bytes.
inline auto measured(auto const& texts)
{
    return matching(texts) | sluice::map([](std::string_view line) { return static_cast<std::int64_t>(line.size()); }) | sluice::sum();
}

}  // namespace grep
