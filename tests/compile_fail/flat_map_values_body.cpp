// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | flatMapValues([](auto n) { return std::vector(2, n); }) | print();
#else
    counts | flatMapValues([](auto line) { return std::vector(line.begin(), line.end()); }) | print();
#endif
}
