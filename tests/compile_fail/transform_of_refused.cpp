// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transform([](auto batch) { return batch | filter([](int) { return true; }) | map(std::negate{}); }) | print();
#else
    numbers | transform([](auto batch) { return batch | filter([](std::string_view) { return true; }) | map(std::negate{}); }) | print();
#endif
}
