// expect: sluice: the records must be numbers
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words | map([](auto word) { return 0.5 * static_cast<double>(word.size()); }) | sum(unordered) | print();
#else
    words | sum(unordered) | print();
#endif
}
