// expect: sluice::flatMapValues\(f\): f must return a range of values, or an optional
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines | mapValues([](std::string_view line) { return line.size(); }) | print();
#else
    lines | flatMapValues([](std::string_view line) { return line.size(); }) | print();
#endif
}
