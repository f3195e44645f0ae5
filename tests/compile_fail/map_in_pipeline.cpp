// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    auto const doubled = filter([](int n) { return n > 2; }) | map([](int n) { return 2 * n; });
    numbers | doubled | print();
#else
    auto const lengths = filter([](int n) { return n > 2; }) | map([](std::string_view line) { return line.size(); });
    numbers | lengths | print();
#endif
}
