// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    unionAll(numbers, numbers) | print();
#else
    unionAll(numbers, rdd({1})) | print();
#endif
}
