// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return -n; }) | coalesce(2)) | print();
#else
    numbers | (map([](int n) { return -n; }) | coalesce) | print();
#endif
}
