#pragma once

#include "work.hpp"

#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include <functional>

namespace fused {

/// The pipeline, over any batch.
template <class Predicate, class T>
constexpr auto pipeline()
{
    using namespace sluice;
    return map([](T x) { return 3 * x + 1; }) | filter(Predicate{}) | map([](T x) { return x + 7; });
}

template <class Predicate, class T, class Batch>
[[gnu::noinline]] T folded(Batch const& batch)
{
    return batch | pipeline<Predicate, T>() | sluice::fold(T{0}, std::plus{});
}

template <class Predicate, class T, class Batch>
[[gnu::noinline]] T reduced(Batch const& batch)
{
    return batch | pipeline<Predicate, T>() | sluice::reduce(std::plus{});
}

template <class Predicate, class T>
struct Sluice {
    [[gnu::noinline]] static T fold(T const* records, std::size_t size)
    {
        return sluice::rdd(std::span{records, size}) | pipeline<Predicate, T>() | sluice::fold(T{0}, std::plus{});
    }
    [[gnu::noinline]] static T reduce(T const* records, std::size_t size)
    {
        return sluice::rdd(std::span{records, size}) | pipeline<Predicate, T>() | sluice::reduce(std::plus{});
    }
};

}  // namespace fused
