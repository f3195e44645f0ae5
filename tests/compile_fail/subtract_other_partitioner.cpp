// expect: sluice: the partitioner must answer partition\(key\)
// near: 11
#include <sluice/sluice.hpp>

using namespace sluice;

struct ByLength {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(std::string_view key) const { return key.size() % 2; }
    bool operator==(ByLength const&) const = default;
};

void program(DStream<int> a, DStream<int> b)
{
#ifdef SLUICE_TWIN
    a | subtract(b, 2) | count() | print();
#else
    a | subtract(b, ByLength{}) | count() | print();
#endif
}
