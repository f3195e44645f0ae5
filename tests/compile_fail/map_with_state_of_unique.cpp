// expect: sluice: the values must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;
using namespace std::chrono_literals;

#ifdef SLUICE_TWIN
using Value = std::shared_ptr<int>;
#else
using Value = std::unique_ptr<int>;
#endif

IntervalClock theClock{1s};
RDDQueue<int> numbers;
auto sums = queueStream(theClock, numbers) | map([](int n) { return std::pair<int, Value>{n, new int{n}}; }) |
            mapWithState<int>(StateSpec{[](int, auto const& value, State<int>& sum) {
                sum.update(sum.getOption().value_or(0) + **value);
                return sum.get();
            }});
