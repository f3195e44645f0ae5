// expect: sluice: the function must take a result and one record or value more
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | foldByKey(0L, [](long n, long m) { return n + m; }) | print();
#else
    counts | foldByKey(0L, [](long n) { return n; }) | print();
#endif
}
