#pragma once

#include <sluice/operators/reduce_by_key.hpp>

#include <functional>

namespace reduce_by_key {

/// As a user writes it, on a batch and on a stream.
inline auto sums(auto const& rows) { return rows | sluice::reduceByKey(std::plus{}); }

}  // namespace reduce_by_key
