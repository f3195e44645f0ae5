// expect: sluice: the function must take (two|a result)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words | reduce([](std::string const& all, std::string_view word) { return all + std::string(word); }) | print();
#else
    words | reduce([](std::string const& all, std::same_as<std::string_view> auto word) { return all + std::string(word); }) | print();
#endif
}
