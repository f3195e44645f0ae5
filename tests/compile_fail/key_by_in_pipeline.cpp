// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return 2 * n; }) | keyBy([](int n) { return n; })) | print();
#else
    numbers | (map([](int n) { return 2 * n; }) | keyBy([](std::string_view s) { return s; })) | print();
#endif
}
