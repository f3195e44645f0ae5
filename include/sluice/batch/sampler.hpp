#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <cstdint>

namespace sluice::inline SLUICE_ABI::detail {

/// SplitMix64: G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, with the constants
/// of S. Vigna's splitmix64.c, 2015. The n-th number is a function of the seed and n alone.
class SplitMix {
public:
    constexpr explicit SplitMix(std::uint64_t seed) noexcept : state_(seed) {}

    static constexpr std::uint64_t mix(std::uint64_t z) noexcept
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    constexpr std::uint64_t operator()() noexcept { return mix(state_ += 0x9e3779b97f4a7c15); }

private:
    std::uint64_t state_;
};

/// How often a record is taken: once or not at all, or a Poisson number of times.
class Sampler {
public:
    constexpr Sampler(bool withReplacement, double fraction, std::uint64_t seed) : withReplacement_(withReplacement), seed_(seed)
    {
        if (withReplacement) {
            draws_ = static_cast<std::uint64_t>(fraction / largestMean) + 1;
            mean_ = fraction / static_cast<double>(draws_);
            none_ = 1 / exp(mean_);
        } else {
            threshold_ = static_cast<std::uint64_t>(fraction * scale);
        }
    }

    /// Of each partition its own numbers.
    [[nodiscard]] constexpr SplitMix numbers(std::size_t partition) const
    {
        return SplitMix{SplitMix::mix(SplitMix::mix(seed_) + partition)};
    }

    [[nodiscard]] constexpr std::uint64_t times(SplitMix& random) const
    {
        if (!withReplacement_) return random() >> 11 < threshold_ ? 1 : 0;
        std::uint64_t count = 0;
        for (std::uint64_t i = 0; i < draws_; ++i) count += poisson(static_cast<double>(random() >> 11) / scale);
        return count;
    }

private:
    // Numbers of 53 bits are exact in a double. Of a larger mean a Poisson number is the sum of several of a smaller one.
    static constexpr double scale = 9007199254740992.0;
    static constexpr double largestMean = 8;

    // By its series, and without any x * y + z: no library and no fused instruction may decide a last bit, and with it which
    // records are taken.
    static constexpr double exp(double x)
    {
        double sum = 1;
        double term = 1;
        for (int n = 1; sum + term != sum; ++n) {
            term = term * x / n;
            sum += term;
        }
        return sum;
    }

    /// By inversion: L. Devroye, Non-Uniform Random Variate Generation, 1986, X.3.
    [[nodiscard]] constexpr std::uint64_t poisson(double u) const
    {
        double term = none_;
        double sum = none_;
        std::uint64_t count = 0;
        while (u >= sum) {
            term = term * mean_ / static_cast<double>(++count);
            if (sum + term == sum) break;
            sum += term;
        }
        return count;
    }

    bool withReplacement_;
    std::uint64_t seed_;
    std::uint64_t threshold_ = 0;
    std::uint64_t draws_ = 0;
    double mean_ = 0;
    double none_ = 1;
};

}  // namespace sluice::inline SLUICE_ABI::detail
