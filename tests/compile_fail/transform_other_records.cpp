// expect: sluice: the function must take a batch of the stream's own records
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transform([](RDD<int> batch) { return batch; }) | print();
#else
    numbers | transform([](RDD<std::string> batch) { return batch; }) | print();
#endif
}
