// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | map([](auto word, int n) { return word.size() * static_cast<std::size_t>(n); }) | print();
#else
    counts | map([](auto word, int n, int m) { return word.size() * (n + m); }) | print();
#endif
}
