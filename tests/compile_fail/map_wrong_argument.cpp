// expect: sluice::map\(f\): f must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return 2 * n; }) | filter([](int n) { return n > 2; }) | print();
#else
    numbers | map([](std::string_view line) { return line.size(); }) | filter([](std::size_t n) { return n > 2; }) | print();
#endif
}
