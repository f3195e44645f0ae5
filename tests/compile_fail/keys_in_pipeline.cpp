// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | (mapValues([](int n) { return -n; }) | keys()) | print();
#else
    counts | (values() | keys()) | print();
#endif
}
