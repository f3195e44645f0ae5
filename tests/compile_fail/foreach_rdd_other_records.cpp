// expect: sluice: the function must take a batch of the stream's own records
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](RDD<int> batch, Time) { return batch | count(); });
#else
    numbers | foreachRDD([](RDD<std::string> batch, Time) { return batch | count(); });
#endif
}
