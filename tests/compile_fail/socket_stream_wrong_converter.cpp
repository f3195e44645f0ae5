// expect: sluice::socketStream<T>\(context, host, port, converter\): converter must be called as const with the bytes
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    socketStream<int>(graph, "host", 1, [](std::string_view bytes, auto& store) { return store(1), bytes.size(); }) | print();
#else
    socketStream<int>(graph, "host", 1, [](std::string_view, auto& store) { store(1); }) | print();
#endif
}
