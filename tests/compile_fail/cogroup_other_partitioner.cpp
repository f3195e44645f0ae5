// expect: sluice: the partitioner must answer partition\(key\)
// near: 11
#include <sluice/sluice.hpp>

using namespace sluice;

struct ByLength {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(std::string_view key) const { return key.size() % 2; }
    bool operator==(ByLength const&) const = default;
};

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | cogroup(b, 2) | count() | print();
#else
    a | cogroup(b, ByLength{}) | count() | print();
#endif
}
