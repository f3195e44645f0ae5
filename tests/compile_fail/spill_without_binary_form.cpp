// expect: sluice::spill\(\): records that are received must have a binary form to lie on a disk
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>

#include <functional>

using namespace sluice;

void program(StreamingContext& ssc)
{
#ifdef SLUICE_TWIN
    auto [channel, numbers] = channelStream<int>(ssc);
#else
    auto [channel, numbers] = channelStream<std::function<int()>>(ssc);
#endif
    numbers | spill() | count() | print();
}
