// expect: sluice: zero must own what the functions make
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words |
        aggregate(
            std::string{}, [](std::string a, std::string_view b) { return a += b; },
            [](std::string a, std::string const& b) { return a += b; }) |
        print();
#else
    words |
        aggregate(
            std::string_view{}, [](std::string_view a, std::string_view b) { return std::string{a} += b; },
            [](std::string_view a, std::string_view) { return a; }) |
        print();
#endif
}
