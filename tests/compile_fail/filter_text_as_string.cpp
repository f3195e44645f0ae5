// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | filter([](std::string_view word, int n) { return word != "the" && n > 1; }) | print();
#else
    counts | filter([](std::string const& word, int n) { return word != "the" && n > 1; }) | print();
#endif
}
