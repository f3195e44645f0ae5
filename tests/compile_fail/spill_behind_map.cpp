// expect: sluice::spill\(\): must stand right behind what is received, or behind its name
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>

using namespace sluice;

void program(StreamingContext& ssc)
{
    auto [channel, numbers] = channelStream<int>(ssc);
#ifdef SLUICE_TWIN
    numbers | named("numbers") | spill() | map([](int n) { return n + 1; }) | print();
#else
    numbers | named("numbers") | map([](int n) { return n + 1; }) | spill() | print();
#endif
}
