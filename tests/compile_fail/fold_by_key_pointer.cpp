// expect: sluice: the key must not be a pointer
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{std::string_view{"a"}, x}; }) | foldByKey(0, [](int n, int m) { return n + m; }) | count() |
        print();
#else
    numbers | map([](int x) { return std::pair{"a", x}; }) | foldByKey(0, [](int n, int m) { return n + m; }) | count() | print();
#endif
}
