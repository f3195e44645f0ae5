// expect: sluice::channelStream<T>\(context\) gives two, `auto \[channel, stream\] = .+`: the pipe begins with the stream
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    auto [channel, numbers] = channelStream<int>(graph);
    numbers | map([](int x) { return x + 1; }) | print();
#else
    channelStream<int>(graph) | map([](int x) { return x + 1; }) | print();
#endif
}
