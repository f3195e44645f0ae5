// expect: sluice: the key must have a hash
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

class Hidden {
public:
    explicit Hidden(int n) : n_(n) {}
    bool operator==(Hidden const&) const = default;

private:
    int n_;
};

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return std::pair{n, n}; }) | groupByKeyAndWindow(3s, 1s) | count() | print();
#else
    numbers | map([](int n) { return std::pair{Hidden{n}, n}; }) | groupByKeyAndWindow(3s, 1s) | count() | print();
#endif
}
