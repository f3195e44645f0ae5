// expect: sluice::deadLetters<T>\(context\): letters wait for their batch, and must own what they show
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    auto [letters, failed] = deadLetters<std::string>(graph);
#else
    auto [letters, failed] = deadLetters<std::string_view>(graph);
#endif
    failed | count() | print();
}
