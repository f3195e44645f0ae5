#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <time.h>

// What the benchmarks here share. Machines are noisy, so that no time means anything alone: rivals run in turn within
// each round, the median over rounds counts, and what is told is the ratio to a rival of the same round. Whoever
// measures compares the rivals' results first.

namespace bench {

/// The optimiser has to make this value, and must not know it.
template <class T>
void keep(T const& value)
{
    asm volatile("" : : "m"(value) : "memory");
}

inline double secondsOf(clockid_t clock)
{
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// What passes on the wall: for hand-overs between threads.
inline double wallSeconds() { return secondsOf(CLOCK_MONOTONIC); }
/// What this thread computes, without the time in which others have its core: for loops.
inline double threadSeconds() { return secondsOf(CLOCK_THREAD_CPUTIME_ID); }
/// What all threads of the process compute.
inline double processSeconds() { return secondsOf(CLOCK_PROCESS_CPUTIME_ID); }

inline double median(std::vector<double> values)
{
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

struct Rival {
    std::string name;
    std::function<void()> run;
    double (*now)() = nullptr;  // its clock, if it is not the race's
    int rounds = 0;             // runs in the first ones alone, if it is slow; 0: in all
};

/// The middle, and between which two values of the samples the true one lies in 19 of 20 cases, whatever their distribution
/// (order statistics of the binomial: Conover, Practical Nonparametric Statistics, 3.2).
struct Estimate {
    double middle = 0;
    double low = 0;
    double high = 0;
};

inline Estimate estimate(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    auto const n = values.size();
    double share = std::ldexp(1.0, -static_cast<int>(n));  // of k successes in n throws of a coin
    double below = share;                                  // of at most k
    std::size_t k = 0;
    while (k + 1 < n / 2) {
        share *= static_cast<double>(n - k) / static_cast<double>(k + 1);
        if (below + share > 0.025) break;
        below += share;
        ++k;
    }
    return {values[n / 2], values[k], values[n - 1 - k]};
}

struct Times {
    std::vector<double> median;            // of each rival, in seconds a call
    std::vector<std::vector<double>> all;  // of each rival, round by round

    /// How much longer a rival takes than another one: the median of what each round says.
    [[nodiscard]] double ratio(std::size_t rival, std::size_t reference) const { return interval(rival, reference).middle; }
    /// The same, with the interval of it.
    [[nodiscard]] Estimate interval(std::size_t rival, std::size_t reference) const
    {
        std::vector<double> ratios;
        auto const rounds = std::min(all[rival].size(), all[reference].size());
        for (std::size_t i = 0; i < rounds; ++i) ratios.push_back(all[rival][i] / all[reference][i]);
        return estimate(std::move(ratios));
    }
    [[nodiscard]] std::size_t best() const
    {
        return static_cast<std::size_t>(std::min_element(median.begin(), median.end()) - median.begin());
    }
};

/// Times the rivals in turn, beginning with another one in each round. A sample is as many calls as take a
/// millisecond or so: more than the clock's error, less than a time slice.
inline Times race(std::vector<Rival> const& rivals, int rounds, double (*now)() = threadSeconds, double sample = 1e-3)
{
    auto const clockOf = [&](Rival const& rival) { return rival.now != nullptr ? rival.now : now; };
    std::vector<int> calls;
    for (auto const& rival : rivals) {
        rival.run();  // warm
        auto const begin = clockOf(rival)();
        int n = 0;
        do {
            rival.run();
            ++n;
        } while (clockOf(rival)() - begin < sample);
        calls.push_back(n);
    }
    Times times;
    times.all.resize(rivals.size());
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t k = 0; k < rivals.size(); ++k) {
            auto const i = (k + static_cast<std::size_t>(round)) % rivals.size();
            if (rivals[i].rounds > 0 && round >= rivals[i].rounds) continue;
            auto const clock = clockOf(rivals[i]);
            auto const begin = clock();
            for (int n = 0; n < calls[i]; ++n) rivals[i].run();
            times.all[i].push_back((clock() - begin) / calls[i]);
        }
    }
    for (auto const& samples : times.all) times.median.push_back(median(samples));
    return times;
}

/// Requires what holds on a quiet machine of one that is not: the best of several attempts counts.
template <class Attempt>
bool holdsOnce(int attempts, Attempt&& attempt)
{
    for (int i = 1; i <= attempts; ++i) {
        if (attempt()) return true;
        if (i < attempts) std::printf("attempt %d of %d missed it, once more\n", i, attempts);
    }
    return false;
}

/// xorshift64*, S. Vigna 2016: the same data on every machine.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t operator()()
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1dULL;
    }
    /// In [0, 1).
    double unit() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

private:
    std::uint64_t state_;
};

}  // namespace bench
