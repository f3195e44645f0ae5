// expect: sluice: what is combined must own what the functions make
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

constexpr auto longer = [](auto const& a, auto const&) { return a; };

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, std::to_string(x)}; }) |
        combineByKey([](auto const& text) { return text; }, longer, longer) | count() | print();
#else
    numbers | map([](int x) { return std::pair{x, std::to_string(x)}; }) |
        combineByKey([](std::string_view text) { return text; }, longer, longer) | count() | print();
#endif
}
