// expect: nodiscard
// warning
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | window(3s) | print();
#else
    numbers | window(3s);
#endif
}
