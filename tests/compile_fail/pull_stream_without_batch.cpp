// expect: sluice::pullStream\(context, source\): batch\(t\) must return an RDD, or a std::optional of one
#include <sluice/sluice.hpp>

using namespace sluice;

struct Source {
#ifdef SLUICE_TWIN
    auto batch(Time) { return std::optional{rdd(std::vector{1, 2})}; }
#else
    auto batch(Time) { return std::vector{1, 2}; }
#endif
};

void program(Graph const& graph) { pullStream(graph, Source{}) | print(); }
