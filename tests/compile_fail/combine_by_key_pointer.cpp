// expect: sluice: the key must not be a pointer
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{std::string_view{"a"}, x}; }) |
        combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | count() | print();
#else
    numbers | map([](int x) { return std::pair{"a", x}; }) |
        combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | count() | print();
#endif
}
