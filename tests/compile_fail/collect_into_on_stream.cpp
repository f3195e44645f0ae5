// expect: sluice: this action must stand behind a batch
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<int> numbers, std::vector<int>& all)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([&all](auto batch) { batch | collectInto(all); });
#else
    numbers | collectInto(all);
#endif
}
