// expect: sluice::deadLetters<T>\(context\): T must be the type of the records
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& context, DStream<std::string_view> lines)
{
    auto [letters, failed] = deadLetters<std::string>(context);
#ifdef SLUICE_TWIN
    lines | map([](std::string_view line) { return line.size(); }, letters) | print();
#else
    lines | map([](std::string_view line) { return line.size(); }) | map([](std::size_t n) { return n; }, letters) | print();
#endif
    failed | count() | print();
}
