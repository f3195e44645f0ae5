// expect: sluice::tailTextFileStream\(context, path, options\): options must be TailTextFileOptions
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    tailTextFileStream(graph, "/var/log/*.log", {.from = TailFrom::beginning}) | print();
#else
    tailTextFileStream(graph, "/var/log/*.log", FileStreamOptions{.newFilesOnly = false}) | print();
#endif
}
