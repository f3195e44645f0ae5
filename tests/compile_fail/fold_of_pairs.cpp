// expect: sluice::fold\(zero, f\): f must take a result and a record, and return a result
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | map([](auto, int n) { return n; }) | fold(0, std::plus{}) | print();
#else
    counts | fold(0, std::plus{}) | print();
#endif
}
