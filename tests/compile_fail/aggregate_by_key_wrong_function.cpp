// expect: sluice: the function must take a result and one record or value more
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | aggregateByKey(0L, [](long n, int m) { return n + m; }, [](long n, long m) { return n + m; }) | print();
#else
    counts | aggregateByKey(0L, [](long n) { return n; }, [](long n, long m) { return n + m; }) | print();
#endif
}
