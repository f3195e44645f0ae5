#pragma once

#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include "../unordered/handwritten.hpp"

#include <functional>

// What is combined unordered, against the loop over lanes.

namespace fused {

template <class T>
struct Lanes {
    static constexpr char const* text = "unordered";

    static std::vector<Loop<T>> handwritten(bool reducing) { return {{"lanes", reducing ? &lanes::largestOf<T> : &lanes::sumOf<T>}}; }

    [[gnu::noinline]] static T fold(T const* records, std::size_t size)
    {
        using namespace sluice;
        return rdd(std::span{records, size}) | map([](T x) { return 3 * x + 1; }) | sluice::fold(unordered, T{0}, std::plus{});
    }
    [[gnu::noinline]] static T reduce(T const* records, std::size_t size)
    {
        using namespace sluice;
        return rdd(std::span{records, size}) | map([](T x) { return 3 * x + 1; }) | sluice::reduce(unordered, lanes::larger);
    }
};

}  // namespace fused
