// expect: sluice: the function must return a range of records or values, or an optional one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    auto const digits = flatMap(split()) | flatMap([](std::string_view word) { return word; });
    lines | digits | print();
#else
    auto const digits = flatMap(split()) | flatMap([](std::string_view word) { return word.size(); });
    lines | digits | print();
#endif
}
