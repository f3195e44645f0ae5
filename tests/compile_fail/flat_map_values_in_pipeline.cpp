// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | (map([](std::string_view line) { return std::pair{1, line}; }) | flatMapValues(split())) | print();
#else
    lines | (flatMap(split()) | flatMapValues(split())) | print();
#endif
}
