// expect: sluice: the function is called as const
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | reduceByKeyAndWindow([](int n, int m) { return n + m; }, 3s) | print();
#else
    counts | reduceByKeyAndWindow([calls = 0](int n, int m) mutable { return ++calls, n + m; }, 3s) | print();
#endif
}
