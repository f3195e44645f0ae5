// expect: no member named 'records'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transform([](auto batch) { return batch; }) | print();
#else
    numbers | transform([](auto batch) { return batch.records(); }) | print();
#endif
}
