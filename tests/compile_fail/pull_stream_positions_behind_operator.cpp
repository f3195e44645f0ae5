// expect: sluice::positionsOf\(batch\): batch must come right out of a source that tells positions
#include <sluice/sluice.hpp>

using namespace sluice;

struct Source {
    auto batch(Time) { return rdd({1, 2}); }
    int positions(Time) { return 0; }
};

void program(Graph const& graph)
{
    auto const stream = pullStream(graph, Source{});
#ifdef SLUICE_TWIN
    stream | foreachRDD([](auto batch) { static_cast<void>(positionsOf(batch)); });
#else
    stream | map([](int n) { return n; }) | foreachRDD([](auto batch) { static_cast<void>(positionsOf(batch)); });
#endif
}
