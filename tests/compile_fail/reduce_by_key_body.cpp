// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | reduceByKey([](auto a, auto b) { return a + b; }) | print();
#else
    counts | reduceByKey([](auto a, auto b) { return a.append(b); }) | print();
#endif
}
