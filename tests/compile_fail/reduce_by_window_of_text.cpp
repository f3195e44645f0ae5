// expect: sluice: the function must take and return what owns what it shows
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words | map([](std::string_view word) { return std::string(word); }) |
        reduceByWindow([](std::string const& a, std::string const& b) { return a < b ? b : a; }, 3s) | print();
#else
    words | reduceByWindow([](std::same_as<std::string_view> auto a, std::same_as<std::string_view> auto b) { return a < b ? b : a; }, 3s) |
        print();
#endif
}
