// expect: sluice::updateStateByKey\(f, partitions, initial\): initial must be an RDD or a range
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto total = [](std::vector<int> const&, std::optional<int> state) { return state; };

void program(DStream<std::pair<int, int>> pairs)
{
#ifdef SLUICE_TWIN
    pairs | updateStateByKey(total, std::vector{std::pair{1, 2}}) | print();
#else
    pairs | updateStateByKey(total, 1.5) | print();
#endif
}
