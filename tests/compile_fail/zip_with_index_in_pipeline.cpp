// expect: sluice: the function must take the value of a pair alone
#include <sluice/sluice.hpp>

#include <cstdint>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | (zipWithIndex() | mapValues([](std::int64_t index) { return index / 2; })) | print();
#else
    numbers | (zipWithIndex() | mapValues([](int, std::int64_t index) { return index / 2; })) | print();
#endif
}
