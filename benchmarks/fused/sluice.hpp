#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include "work.hpp"

#include <functional>

namespace fused {

template <class Predicate, class T>
struct Sluice {
    static constexpr auto triple = [](T x) { return 3 * x + 1; };
    static constexpr auto less = [](T x) { return x - 1; };

    /// Over records side by side: what is compared includes that the batch is made.
    [[gnu::noinline]] static T fold(T const* records, std::size_t size)
    {
        using namespace sluice;
        return rdd(std::span{records, size}) | map(triple) | filter(Predicate{}) | map(less) | sluice::fold(T{0}, std::plus{});
    }
    [[gnu::noinline]] static T reduce(T const* records, std::size_t size)
    {
        using namespace sluice;
        return rdd(std::span{records, size}) | map(triple) | filter(Predicate{}) | map(less) | sluice::reduce(std::plus{});
    }

    /// Over any batch, and, `behindMap`, over one whose records have passed the first map already.
    template <bool behindMap = false, class Batch>
    [[gnu::noinline]] static T foldOf(Batch const& batch)
    {
        using namespace sluice;
        if constexpr (behindMap) return batch | filter(Predicate{}) | map(less) | sluice::fold(T{0}, std::plus{});
        else return batch | map(triple) | filter(Predicate{}) | map(less) | sluice::fold(T{0}, std::plus{});
    }
    template <bool behindMap = false, class Batch>
    [[gnu::noinline]] static T reduceOf(Batch const& batch)
    {
        using namespace sluice;
        if constexpr (behindMap) return batch | filter(Predicate{}) | map(less) | sluice::reduce(std::plus{});
        else return batch | map(triple) | filter(Predicate{}) | map(less) | sluice::reduce(std::plus{});
    }

    /// A stream of it.
    static auto of(auto stream)
    {
        using namespace sluice;
        return stream | map(triple) | filter(Predicate{}) | map(less);
    }
};

}  // namespace fused
