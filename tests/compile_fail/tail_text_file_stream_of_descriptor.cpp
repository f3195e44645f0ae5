// expect: sluice::tailTextFileStream\(context, path, options\): path must be a text
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    tailTextFileStream(graph, "/proc/self/fd/5") | print();
#else
    tailTextFileStream(graph, 5) | print();
#endif
}
