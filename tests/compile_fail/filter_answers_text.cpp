// expect: sluice::filter\(f\): f must answer true or false
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | filter([](int n) { return n > 1; }) | print();
#else
    numbers | filter([](int n) { return std::string(n > 1 ? "yes" : "no"); }) | print();
#endif
}
