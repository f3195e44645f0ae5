// expect: sluice: the function must take two of one type and return one
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | reduceByKeyAndWindow([](int n, int m) { return n + m; }, 3s) | print();
#else
    counts | reduceByKeyAndWindow([](int n) { return n; }, 3s) | print();
#endif
}
