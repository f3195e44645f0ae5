// expect: sluice: the function must return a range of records or values, or an optional one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& context, DStream<std::string_view> lines)
{
    auto [letters, failed] = deadLetters<std::string>(context);
#ifdef SLUICE_TWIN
    lines | flatMap([](std::string_view line) { return std::vector<char>(line.begin(), line.end()); }, letters) | print();
#else
    lines | flatMap([](std::string_view line) { return line.size(); }, letters) | print();
#endif
    failed | count() | print();
}
