// expect: sluice::filter\(f\): f must answer true or false
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& context, DStream<std::string_view> lines)
{
    auto [letters, failed] = deadLetters<std::string>(context);
#ifdef SLUICE_TWIN
    lines | filter([](std::string_view line) { return line.empty(); }, letters) | print();
#else
    lines | filter([](std::string_view line) { return std::string(line); }, letters) | print();
#endif
    failed | count() | print();
}
