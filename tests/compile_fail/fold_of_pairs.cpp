// expect: sluice: the function must take (two|a result and one record)
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
