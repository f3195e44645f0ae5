// expect: sluice: the records must not be views of a type that the library cannot own
#include <sluice/sluice.hpp>

#include <span>

using namespace sluice;

void program(DStream<std::span<int const>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto row) { return row.size(); }) | reduce([](auto a, auto b) { return a < b ? b : a; }) | print();
#else
    rows | reduce([](auto a, auto b) { return a.size() < b.size() ? b : a; }) | count() | print();
#endif
}
