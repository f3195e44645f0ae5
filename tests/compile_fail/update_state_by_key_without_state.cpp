// expect: sluice: what type the state has is not to be seen
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | updateStateByKey<int>([](auto const& values, auto state) { return values.empty() ? state : std::optional{1}; }) | print();
#else
    counts | updateStateByKey([](auto const& values, auto state) { return values.empty() ? state : std::optional{1}; }) | print();
#endif
}
