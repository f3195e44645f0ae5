// expect: sluice::flatMap\(f\): f must return a range of records, or an optional
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | map([](std::string_view line) { return line.size(); }) | print();
#else
    lines | flatMap([](std::string_view line) { return line.size(); }) | print();
#endif
}
