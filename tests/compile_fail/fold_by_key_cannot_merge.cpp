// expect: sluice: the function must take two of one type and return one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines | foldByKey(std::size_t{0}, [](std::size_t n, auto const&) { return n + 1; }) | count() | print();
#else
    lines | foldByKey(std::size_t{0}, [](std::size_t n, std::string_view text) { return n + text.size(); }) | count() | print();
#endif
}
