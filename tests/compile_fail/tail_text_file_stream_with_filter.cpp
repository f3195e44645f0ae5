// expect: sluice::tailTextFileStream\(context, path, options\): options must be TailTextFileOptions.*which files are followed is said by the path
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    tailTextFileStream(graph, "/var/log/*.log") | print();
#else
    tailTextFileStream(graph, "/var/log", [](std::string const& path) { return path.ends_with(".log"); }) | print();
#endif
}
