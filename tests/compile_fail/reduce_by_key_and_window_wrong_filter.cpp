// expect: sluice::reduceByKeyAndWindow\(f, inverse, \.\.\., filter\): the filter must take
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | reduceByKeyAndWindow(std::plus{}, std::minus{}, 3s, 1s, 2, [](auto const&, int n) { return n > 0; }) | print();
#else
    counts | reduceByKeyAndWindow(std::plus{}, std::minus{}, 3s, 1s, 2, [](int n) { return n > 0; }) | print();
#endif
}
