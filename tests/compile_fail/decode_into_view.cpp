// expect: sluice: this type \(of a member: its struct, its place from 0, its type\) cannot be made of bytes
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

struct Line {
    int number;
#ifdef SLUICE_TWIN
    std::string text;
#else
    std::string_view text;
#endif
};

Line program(std::string_view bytes) { return decode<Line>(bytes); }
