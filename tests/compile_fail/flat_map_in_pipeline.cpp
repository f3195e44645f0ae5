// expect: sluice::flatMap\(f\): f must return a range of records, or an optional
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
