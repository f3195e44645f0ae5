// expect: sluice::foldByKey\(zero, f\): .* must take a result and a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | foldByKey(0, [](int n, int m) { return n + m; }) | print();
#else
    counts | foldByKey(0, [](int n) { return n; }) | print();
#endif
}
