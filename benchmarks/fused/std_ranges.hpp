#pragma once

#include "work.hpp"

#include <ranges>

// For information, and with g++ only: clang 14 does not compile the views of its library.

namespace fused {

template <class Predicate, class T>
struct StdRanges {
    [[gnu::noinline]] static T fold(T const* records, std::size_t size)
    {
        namespace views = std::views;
        T sum = 0;
        for (T const each : std::span{records, size} | views::transform([](T x) { return 3 * x + 1; }) | views::filter(Predicate{}) |
                                views::transform([](T x) { return x - 1; })) {
            sum += each;
        }
        return sum;
    }
};

}  // namespace fused
