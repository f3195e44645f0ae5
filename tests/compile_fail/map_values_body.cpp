// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | mapValues([](auto n) { return 2 * n; }) | print();
#else
    counts | mapValues([](auto line) { return line.size(); }) | print();
#endif
}
