#include "../fused/handwritten.hpp"
#include "../fused/sluice.hpp"
#include "lanes.hpp"
#include "ten.hpp"

#include <cstdio>
#include <cstring>

// The loops that codegen.py compares, for one type of record: RECORD.
//
//   loops           a line each: test, end, spelling or "sluice", address, nanoseconds a record
//   loops --list    the same without times, after it has compared the results
//   loops --once    calls them over 2^16 records, and nothing else: for callgrind

#ifndef RECORD
#define RECORD std::int64_t
#endif

namespace {

using T = RECORD;
constexpr std::size_t size = std::size_t{1} << 16;
bool once = false;
bool timed = true;

bool compare(char const* text, std::vector<T> const& records, bool reducing, std::vector<fused::Loop<T>> loops, fused::Loop<T> own)
{
    loops.push_back(own);

    auto const expected = loops[0].run(records.data(), size);
    std::vector<bench::Rival> rivals;
    for (auto const& loop : loops) {
        if (loop.run(records.data(), size) != expected) {
            std::printf("%s: %s gives another result\n", text, loop.spelling);
            return false;
        }
        rivals.push_back({loop.spelling, [&records, loop] { bench::keep(loop.run(records.data(), size)); }});
    }
    if (once) return true;
    bench::Times times;
    if (timed) times = bench::race(rivals, 15);
    else times.median.assign(loops.size(), 0);
    for (std::size_t i = 0; i < loops.size(); ++i) {
        std::printf("%s\t%s\t%s\t%zx\t%.4f\n", text, reducing ? "reduce" : "fold", loops[i].spelling,
                    reinterpret_cast<std::size_t>(loops[i].run), 1e9 * times.median[i] / static_cast<double>(size));
    }
    return true;
}

template <class Predicate>
bool compare(std::vector<T> const& records, bool reducing)
{
    using Pipeline = fused::Sluice<Predicate, T>;
    return compare(Predicate::text, records, reducing, fused::handwritten<Predicate, T>(reducing),
                   {"sluice", reducing ? &Pipeline::reduce : &Pipeline::fold});
}

}  // namespace

int main(int argc, char** argv)
{
    once = argc > 1 && std::strcmp(argv[1], "--once") == 0;
    timed = argc == 1;
    auto const records = fused::records<T>(size);
    bool same = true;
    for (bool const reducing : {false, true}) {
        if constexpr (std::is_integral_v<T>) same = compare<fused::Even>(records, reducing) && same;
        same = compare<fused::Positive>(records, reducing) && same;
        same = compare<fused::Between>(records, reducing) && same;
        using Ten = fused::Ten<T>;
        same = compare(Ten::text, records, reducing, Ten::handwritten(reducing), {"sluice", reducing ? &Ten::reduce : &Ten::fold}) && same;
        if constexpr (std::is_floating_point_v<T>) {  // integers have one order only
            using Lanes = fused::Lanes<T>;
            same = compare(Lanes::text, records, reducing, Lanes::handwritten(reducing),
                           {"sluice", reducing ? &Lanes::reduce : &Lanes::fold}) &&
                   same;
        }
    }
    return same ? 0 : 1;
}
