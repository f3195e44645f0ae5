// expect: sluice::checkpoint\(\): records that are received must have a binary form to be written down
#include <sluice/sluice.hpp>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint.hpp>

#include <functional>

using namespace sluice;

void program(StreamingContext& ssc)
{
#ifdef SLUICE_TWIN
    auto [channel, numbers] = channelStream<int>(ssc);
#else
    auto [channel, numbers] = channelStream<std::function<int()>>(ssc);
#endif
    numbers | named("numbers") | checkpoint() | count() | print();
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::checkpoint(): records that are received must have a binary form to be written down");
#endif
