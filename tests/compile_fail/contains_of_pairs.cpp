// expect: sluice: this function takes text, and the records are something else
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | filter([has = contains("x")](std::string_view word, int) { return has(word); }) | print();
#else
    counts | filter(contains("x")) | print();
#endif
}
