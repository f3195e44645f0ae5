// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) {
        auto const all = batch | map([](int n) { return 2 * n; }) | collect();
        static_cast<void>(all);
    });
#else
    numbers | foreachRDD([](auto batch) {
        auto const all = batch | map([](std::string_view line) { return line.size(); }) | collect();
        static_cast<void>(all);
    });
#endif
}
