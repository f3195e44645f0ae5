// expect: sluice: this action must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> pairs)
{
#ifdef SLUICE_TWIN
    pairs | foreachRDD([](auto batch) { return batch | collectAsMap(); });
#else
    auto const all = pairs | collectAsMap();
#endif
}
