#pragma once

#include "../runner.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

// What every rival computes: the sum of 3x + 1 where it passes a test, less 1. The tests of the pipelines are functions
// that answer bool, as a user writes them; the handwritten loops have them in place.

namespace fused {

struct Even {
    static constexpr char const* text = "x % 2 == 0";
    static constexpr bool integral = true;
    template <class T>
    constexpr bool operator()(T x) const
    {
        return x % 2 == 0;
    }
};

struct Positive {
    static constexpr char const* text = "x > 0";
    static constexpr bool integral = false;
    template <class T>
    constexpr bool operator()(T x) const
    {
        return x > 0;
    }
};

struct Between {
    static constexpr char const* text = "x > 5 && x < 500";
    static constexpr bool integral = false;
    template <class T>
    constexpr bool operator()(T x) const
    {
        return x > 5 && x < 500;
    }
};

/// Half of them pass the first two tests, a sixth the third, at random; the sum of a million fits into 32 bits.
template <class T>
std::vector<T> records(std::size_t n)
{
    bench::Random random{20240607};
    std::vector<T> all;
    all.reserve(n);
    while (all.size() < n) all.push_back(static_cast<T>(static_cast<std::int64_t>(random() >> 33) % 1000 - 500));
    return all;
}

template <class T>
inline constexpr char const* nameOf = "";
template <>
inline constexpr char const* nameOf<std::int32_t> = "int32";
template <>
inline constexpr char const* nameOf<std::int64_t> = "int64";
template <>
inline constexpr char const* nameOf<double> = "double";

}  // namespace fused
