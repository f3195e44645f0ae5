// expect: sluice: the function must take the value of a pair alone
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMapValues(split()) | print();
#else
    lines | flatMapValues([](int, std::string_view line) { return std::vector{line}; }) | print();
#endif
}
