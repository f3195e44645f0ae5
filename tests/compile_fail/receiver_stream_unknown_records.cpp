// expect: sluice::receiverStream\(context, receiver\): what type its records have is not to be seen
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    receiverStream<int>(graph, [](std::stop_token, auto& store) { store(1); }) | print();
#else
    receiverStream(graph, [](std::stop_token, auto& store) { store(1); }) | print();
#endif
}
