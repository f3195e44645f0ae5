// expect: sluice::deadLetters<T>\(context\) gives two, `auto \[letters, failed\] = .+`: the pipe begins with the stream, failed
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    auto [letters, failed] = deadLetters<int>(graph);
    failed | print();
#else
    deadLetters<int>(graph) | print();
#endif
}
