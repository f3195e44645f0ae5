// expect: sluice: it must stand behind a stream
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | countByValueAndWindow(3s) | count() | print();
#else
    numbers | transform([](auto batch) { return batch | countByValueAndWindow(3s); }) | count() | print();
#endif
}
