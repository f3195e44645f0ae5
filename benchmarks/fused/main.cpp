#include "report.hpp"

#include <cstdio>
#include <cstring>

// The fused loop against the one that is written by hand.
//
//   fused            all of it, as a table of ratios
//   fused --quick    one size, ratios are for information: a test must pass on every processor
//   fused --tsv      all of it, for matrix.py
//
// FUSED_ONLY_INT64 leaves the other types out: what a test can afford to compile.
//
// It fails where a result differs, something is copied or allocated, or, unless it is quick, a limit is missed. What guards the
// loop in each build counts its instructions: benchmarks/codegen.

namespace {

void print(fused::Report const& report)
{
    fused::Row last{};
    for (auto const& row : report) {
        if (row.type != last.type || row.test != last.test || row.end != last.end || row.records != last.records) {
            std::printf("%s%-7s%-18s%-7s%8zu records:", last.type.empty() ? "" : "\n", row.type.c_str(), row.test.c_str(), row.end.c_str(),
                        row.records);
            last = row;
        }
        bool const missed = row.limit > 0 && row.ratio > row.limit;
        std::printf("  %s %.2f%s", row.place.c_str(), row.ratio, missed ? "!" : "");
    }
    std::puts("");
}

void printTsv(fused::Report const& report)
{
    for (auto const& row : report) {
        std::printf("%s\t%s\t%s\t%zu\t%s\t%.3f\t%s\t%.3f\t%.2f\n", row.type.c_str(), row.test.c_str(), row.end.c_str(), row.records,
                    row.place.c_str(), row.nanoseconds, row.spelling.c_str(), row.ratio, row.limit);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    fused::Settings settings;
    bool tsv = false;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--quick") == 0) settings.quick = true;
        else if (std::strcmp(argv[i], "--tsv") == 0) tsv = true;
        else return std::printf("usage: fused [--quick] [--tsv]\n"), 2;
    }
    auto const faults = fused::findCopiesAndAllocations();
    fused::Report report;
#ifndef FUSED_ONLY_INT64
    fused::measureInt32(settings, report);
    fused::measureDouble(settings, report);
#endif
    fused::measureInt64(settings, report);
    if (tsv) printTsv(report);
    else print(report);
    std::size_t missed = 0;
    for (auto const& row : report) missed += row.limit > 0 && row.ratio > row.limit ? 1 : 0;
    if (!tsv) std::printf("%zu of %zu miss their limit\n", missed, report.size());
    return faults == 0 && (tsv || missed == 0) ? 0 : 1;
}
