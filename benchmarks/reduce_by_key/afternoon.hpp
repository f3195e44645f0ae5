#pragma once

#include "rows.hpp"

#include <unordered_map>

// What somebody writes in an afternoon.

namespace reduce_by_key {

template <class Rows>
auto reduceInStdMap(Rows const& rows)
{
    using Key = std::remove_cvref_t<decltype(rows.data()->first)>;
    std::unordered_map<Key, std::int64_t> sums;
    for (auto const& [key, value] : rows) sums[key] += value;
    return sums;
}

}  // namespace reduce_by_key
