// expect: sluice::fileStream\(context, directory, options, format\): format must be a function of the bytes of a file
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
    int n = 0;
#ifdef SLUICE_TWIN
    fileStream(graph, "/tmp", {}, [n](std::string_view) { return std::vector{n + 1}; }) | print();
#else
    fileStream(graph, "/tmp", {}, [n](std::string_view) mutable { return std::vector{++n}; }) | print();
#endif
}
