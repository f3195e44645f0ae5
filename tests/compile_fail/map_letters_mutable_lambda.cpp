// expect: sluice: the function is called as const, by several threads at once
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& context, DStream<std::string_view> lines)
{
    auto [letters, failed] = deadLetters<std::string>(context);
#ifdef SLUICE_TWIN
    lines | map([](std::string_view line) { return line.size(); }, letters) | print();
#else
    lines | map([n = 0](std::string_view) mutable { return ++n; }, letters) | print();
#endif
    failed | count() | print();
}
