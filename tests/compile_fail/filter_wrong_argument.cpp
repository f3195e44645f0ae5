// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | filter([](auto, int n) { return n > 1; }) | print();
#else
    counts | filter([](int n) { return n > 1; }) | print();
#endif
}
