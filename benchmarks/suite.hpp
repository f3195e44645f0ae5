#pragma once

#include "runner.hpp"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

// What the programs of the suite share: one cell is one input that several rivals work on. Their results are compared first; then
// they run in turn; then it is told how each compares to the best one that was written by hand.
//
//   program [--short]
//
// It prints a line for each rival, with tabs between: run.py makes tables and plots of them. --short takes smaller inputs.

namespace bench {

enum class Kind {
    hand,       // as fast as we can write it for just this
    afternoon,  // what somebody writes in an afternoon
    sluice,
};

inline constexpr char const* kindNames[] = {"hand", "afternoon", "sluice"};

struct Contestant {
    Kind kind;
    std::string name;
    std::string where;  // batch: one thread; inline: a started context, one thread; two threads; two workers: a started context
    std::function<void()> run;
    std::function<std::uint64_t()> result;  // a digest of all that it computes
    int rounds = 0;                         // 0: all
};

struct Cell {
    std::string workload;
    std::string test;
    std::string unit;  // what a time is told for
    double units;
    std::vector<std::pair<std::string, double>> limits;  // by where: how many times the best handwritten one
    int rounds = 9;
};

/// Steps of one cycle each, one behind the other: how fast the processor runs while the rivals do.
inline void calibration()
{
    std::uint64_t x = 1;
    for (int i = 0; i < 100'000; ++i) {
        for (int k = 0; k < 10; ++k) {
            asm volatile("" : "+r"(x));
            x += static_cast<unsigned>(i);
        }
    }
    asm volatile("" : : "r"(x));
}

/// A line for run.py.
inline void printRow(Cell const& cell, char const* where, Kind kind, std::string const& name, double seconds, Estimate ratio, double limit,
                     std::string const& reference)
{
    std::printf("row\t%s\t%s\t%s\t%s\t%s\t%s\t%.4g\t%.3f\t%.3f\t%.3f\t%.3g\t%s\n", cell.workload.c_str(), cell.test.c_str(), where,
                kindNames[static_cast<int>(kind)], name.c_str(), cell.unit.c_str(), 1e9 * seconds / cell.units, ratio.middle, ratio.low,
                ratio.high, limit, reference.c_str());
}

class Suite {
public:
    Suite(int argc, char** argv)
    {
        for (int i = 1; i < argc; ++i) {
            if (std::strcmp(argv[i], "--short") == 0) short_ = true;
            else std::fprintf(stderr, "%s [--short]\n", argv[0]), std::exit(2);
        }
        std::setvbuf(stdout, nullptr, _IOLBF, 0);
    }

    [[nodiscard]] bool isShort() const { return short_; }

    /// One cell of a table. Returns false where results differ.
    bool compare(Cell const& cell, std::vector<Contestant> const& contestants)
    {
        auto const expected = contestants[0].result();
        for (auto const& one : contestants) {
            if (auto const found = one.result(); found != expected) {
                std::printf("fault\t%s, %s: %s (%s) finds %llx, and %s %llx\n", cell.workload.c_str(), cell.test.c_str(), one.name.c_str(),
                            one.where.c_str(), static_cast<unsigned long long>(found), contestants[0].name.c_str(),
                            static_cast<unsigned long long>(expected));
                good_ = false;
                return false;
            }
        }
        std::vector<Rival> rivals;
        for (auto const& one : contestants) rivals.push_back({one.name, one.run, together(one) ? wallSeconds : threadSeconds, one.rounds});
        rivals.push_back({"calibration", calibration, threadSeconds});
        auto const times = race(rivals, cell.rounds, threadSeconds, 2e-3);
        std::printf("calibration\t%s\t%s\t%.4f\n", cell.workload.c_str(), cell.test.c_str(), 1e3 * times.median.back());
        for (std::size_t i = 0; i < contestants.size(); ++i) {
            auto const& one = contestants[i];
            auto best = contestants.size();
            for (std::size_t k = 0; k < contestants.size(); ++k) {
                if (contestants[k].kind != Kind::hand || together(contestants[k]) != together(one)) continue;
                if (best == contestants.size() || times.median[k] < times.median[best]) best = k;
            }
            bool const alone = best == contestants.size();  // nothing by hand to compare with
            auto const ratio = alone ? Estimate{} : times.interval(i, best);
            double limit = 0;
            if (one.kind == Kind::sluice) {
                for (auto const& [where, most] : cell.limits) {
                    if (where == one.where) limit = most;
                }
            }
            printRow(cell, one.where.c_str(), one.kind, one.name, times.median[i], ratio, limit, alone ? "" : contestants[best].name);
        }
        return true;
    }

    /// For main.
    [[nodiscard]] int exitCode() const { return good_ ? 0 : 1; }

private:
    static bool together(Contestant const& one) { return one.where.starts_with("two "); }

    bool short_ = false;
    bool good_ = true;
};

/// A digest of what belongs together, whatever the order.
inline std::uint64_t mixed(std::uint64_t x)
{
    x ^= x >> 31;
    x *= 0x7fb5d329728ea185ULL;
    x ^= x >> 27;
    x *= 0x81dadef4bc2dd44dULL;
    return x ^ x >> 33;
}
inline std::uint64_t mixed(std::string_view text)
{
    std::uint64_t h = 0xcbf29ce484222325ULL;
    for (char const c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return mixed(h);
}

}  // namespace bench
