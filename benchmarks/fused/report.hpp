#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fused {

/// One rival against the best handwritten loop of the same rounds.
struct Row {
    std::string type;
    std::string test;
    std::string end;       // fold, reduce
    std::size_t records;   // of one batch
    std::string place;     // where the pipeline stands
    double nanoseconds;    // of the handwritten loop, a record
    std::string spelling;  // how that is written
    double ratio;
    double limit;  // 0: for information
};

struct Settings {
    bool quick = false;  // results and allocations alone are judged, times are for information
    int rounds = 11;
};

using Report = std::vector<Row>;

// One translation unit for each record type: g++ inlines less in large ones.
void measureInt32(Settings const& settings, Report& report);
void measureInt64(Settings const& settings, Report& report);
void measureDouble(Settings const& settings, Report& report);

/// Copies of records and allocations where there are to be none; how many were found.
int findCopiesAndAllocations();

}  // namespace fused
