// expect: sluice::fileStream\(context, directory, options, format\): format must be a function of the bytes of a file
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    fileStream(graph, "/tmp", {}, [](std::string_view bytes) { return std::vector{bytes.size()}; }) | print();
#else
    fileStream(graph, "/tmp", {}, [](std::string_view bytes) { return bytes.size(); }) | print();
#endif
}
