// expect: sluice: a length of time is a whole number of microseconds
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | window(std::chrono::duration_cast<Duration>(0.5s)) | print();
#else
    numbers | window(0.5s) | print();
#endif
}
