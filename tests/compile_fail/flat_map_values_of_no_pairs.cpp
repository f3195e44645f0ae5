// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | keyBy([](std::string_view line) { return line.size(); }) | flatMapValues(split()) | print();
#else
    lines | flatMapValues(split()) | print();
#endif
}
