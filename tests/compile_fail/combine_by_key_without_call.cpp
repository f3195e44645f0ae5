// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | count() |
        print();
#else
    counts | combineByKey | count() | print();
#endif
}
