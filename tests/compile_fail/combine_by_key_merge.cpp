// expect: sluice::combineByKey\(create, add, merge\): merge must take two of what create returns
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | print();
#else
    counts | combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n) { return n; }) | print();
#endif
}
