#pragma once

#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include "../fused/handwritten.hpp"

#include <functional>

// A run of ten narrow operators, eight maps and two filters, against one loop: what is fused is not only short.

namespace fused {

template <class T>
struct Ten {
    static constexpr char const* text = "ten operators";

    template <Spelling spelling>
    static void step(T x, T& sum)
    {
        T const a = (3 * x + 1 - 7) * 2;
        T const b = (a + 100) * 3 - 11;
        T const c = (b + 5) * 2 - 3;
        bool const first = a > -900;
        bool const second = b < 2500;
        if constexpr (spelling == Spelling::branch) {
            if (first && second) sum += c;
        } else if constexpr (spelling == Spelling::choice) {
            sum += first && second ? c : T{};
        } else if constexpr (spelling == Spelling::product) {
            sum += c * static_cast<T>(first & second);
        } else {
            std::conditional_t<sizeof(T) == 8, std::int64_t, int> const keep = first & second;
            if (keep != 0) sum += c;
        }
    }

    template <Spelling spelling>
    [[gnu::noinline]] static T foldByHand(T const* records, std::size_t size)
    {
        T sum = 0;
        for (std::size_t i = 0; i < size; ++i) step<spelling>(records[i], sum);
        return sum;
    }

    // The first record that passes begins the sum.
    template <Spelling spelling>
    [[gnu::noinline]] static T reduceByHand(T const* records, std::size_t size)
    {
        std::size_t i = 0;
        T sum = 0;
        for (; i < size; ++i) {
            T const a = (3 * records[i] + 1 - 7) * 2;
            T const b = (a + 100) * 3 - 11;
            if (a > -900 && b < 2500) {
                sum = (b + 5) * 2 - 3;
                ++i;
                break;
            }
        }
        for (; i < size; ++i) step<spelling>(records[i], sum);
        return sum;
    }

    static std::vector<Loop<T>> handwritten(bool reducing)
    {
        using enum Spelling;
        std::vector<Loop<T>> loops{{"if", reducing ? &reduceByHand<branch> : &foldByHand<branch>},
                                   {"int", reducing ? &reduceByHand<integer> : &foldByHand<integer>}};
        if constexpr (std::is_integral_v<T>) {
            loops.push_back({"?:", reducing ? &reduceByHand<choice> : &foldByHand<choice>});
            loops.push_back({"*", reducing ? &reduceByHand<product> : &foldByHand<product>});
        }
        return loops;
    }

    static auto pipeline(T const* records, std::size_t size)
    {
        using namespace sluice;
        return rdd(std::span{records, size})                                             //
               | map([](T x) { return 3 * x + 1; }) | map([](T x) { return x - 7; })     //
               | map([](T x) { return x * 2; }) | filter([](T x) { return x > -900; })   //
               | map([](T x) { return x + 100; }) | map([](T x) { return x * 3; })       //
               | map([](T x) { return x - 11; }) | filter([](T x) { return x < 2500; })  //
               | map([](T x) { return x + 5; }) | map([](T x) { return x * 2 - 3; });
    }
    [[gnu::noinline]] static T fold(T const* records, std::size_t size)
    {
        return pipeline(records, size) | sluice::fold(T{0}, std::plus{});
    }
    [[gnu::noinline]] static T reduce(T const* records, std::size_t size) { return pipeline(records, size) | sluice::reduce(std::plus{}); }
};

}  // namespace fused
