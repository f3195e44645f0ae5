// expect: sluice: the records must not be pointers
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int) { return std::string_view{"a"}; }) | distinct() | count() | print();
#else
    numbers | map([](int) { return "a"; }) | distinct() | count() | print();
#endif
}
