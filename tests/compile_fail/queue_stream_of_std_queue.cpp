// expect: sluice::queueStream\(context, queue\): queue must be a sluice::RDDQueue<T>
#include <sluice/sluice.hpp>

#include <queue>

using namespace sluice;
using namespace std::chrono_literals;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    RDDQueue<int> const queue;
    queueStream(graph, queue) | print();
#else
    std::queue<std::vector<int>> queue;
    queueStream(graph, queue) | print();
#endif
}
