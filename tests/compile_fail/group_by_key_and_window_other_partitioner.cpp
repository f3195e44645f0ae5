// expect: sluice: the partitioner must answer
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

struct ByLength {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(std::string_view key) const { return key.size() % 2; }
    bool operator==(ByLength const&) const = default;
};

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | groupByKeyAndWindow(3s, 1s, ByLength{}) | count() | print();
#else
    counts | map([](auto, int x) { return std::pair{x, x}; }) | groupByKeyAndWindow(3s, 1s, ByLength{}) | count() | print();
#endif
}
