#pragma once

#include "work.hpp"

#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>

// For information.

namespace fused {

template <class Predicate, class T>
struct RangeV3 {
    [[gnu::noinline]] static T fold(T const* records, std::size_t size)
    {
        namespace views = ranges::views;
        return ranges::accumulate(std::span{records, size} | views::transform([](T x) { return 3 * x + 1; }) | views::filter(Predicate{}) |
                                      views::transform([](T x) { return x - 1; }),
                                  T{0});
    }
};

}  // namespace fused
