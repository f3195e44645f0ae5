#pragma once

#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace word_count {

/// As a user writes it, on a batch and on a stream.
inline auto counts(auto const& texts)
{
    using namespace sluice;
    return texts | flatMap(split()) | map([](auto word) { return std::pair{word, std::int64_t{1}}; }) | reduceByKey(std::plus{});
}

}  // namespace word_count
