// expect: sluice: the function must take two of one type and return one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | reduceByKey([](int n, int m) { return n < m ? n : m; }) | print();
#else
    counts | reduceByKey([](int n, int m) { return std::pair{n, m}; }) | print();
#endif
}
