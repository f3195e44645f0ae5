// expect: sluice: the function must return a range of records or values, or an optional one
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
