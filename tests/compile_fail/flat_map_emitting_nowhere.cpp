// expect: sluice::flatMap<U>\(f\): f must take one record, text as std::string_view, and what it emits to
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap([](int n) { return std::vector{n}; }) | print();
#else
    numbers | flatMap<int>([](int n) { return std::vector{n}; }) | print();
#endif
}
