// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | print();
#else
    counts |
        combineByKey([](int n) { return n; }, [calls = 0](int n, int m) mutable { return ++calls, n + m; },
                     [](int n, int m) { return n + m; }) |
        print();
#endif
}
