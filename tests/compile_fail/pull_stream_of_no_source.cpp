// expect: sluice::pullStream\(context, source\): source must have batch\(Time\) or batch\(Time, std::int64_t\), or be a function of the time
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    pullStream(graph, [](Time) { return rdd({1, 2}); }) | print();
#else
    pullStream(graph, [](int) { return rdd({1, 2}); }) | print();
#endif
}
