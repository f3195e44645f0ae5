#pragma once

#include "work.hpp"

#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include <functional>

namespace fused {

template <class Predicate, class T>
struct Sluice {
    /// The pipeline over any batch.
    template <class Batch>
    [[gnu::noinline]] static T foldOf(Batch const& batch)
    {
        using namespace sluice;
        return batch | map([](T x) { return 3 * x + 1; }) | filter(Predicate{}) | map([](T x) { return x - 1; }) |
               sluice::fold(T{0}, std::plus{});
    }
    template <class Batch>
    [[gnu::noinline]] static T reduceOf(Batch const& batch)
    {
        using namespace sluice;
        return batch | map([](T x) { return 3 * x + 1; }) | filter(Predicate{}) | map([](T x) { return x - 1; }) |
               sluice::reduce(std::plus{});
    }

    [[gnu::noinline]] static T fold(T const* records, std::size_t size)
    {
        using namespace sluice;
        return rdd(std::span{records, size}) | map([](T x) { return 3 * x + 1; }) | filter(Predicate{}) |
               map([](T x) { return x - 1; }) | sluice::fold(T{0}, std::plus{});
    }
    [[gnu::noinline]] static T reduce(T const* records, std::size_t size)
    {
        using namespace sluice;
        return rdd(std::span{records, size}) | map([](T x) { return 3 * x + 1; }) | filter(Predicate{}) |
               map([](T x) { return x - 1; }) | sluice::reduce(std::plus{});
    }
};

}  // namespace fused
