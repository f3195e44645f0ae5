// expect: sluice::channelStream<T>\(context\): records wait for their batch, and must own what they show
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    auto [channel, words] = channelStream<std::string>(graph);
#else
    auto [channel, words] = channelStream<std::string_view>(graph);
#endif
    words | print();
}
