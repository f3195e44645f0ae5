// expect: sluice: the function must return a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | print();
#else
    counts | combineByKey([](int) {}, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | print();
#endif
}
