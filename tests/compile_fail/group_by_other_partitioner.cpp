// expect: sluice: the partitioner must answer partition\(key\)
#include <sluice/sluice.hpp>

using namespace sluice;

struct ByLength {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(std::string_view key) const { return key.size() % 2; }
    bool operator==(ByLength const&) const = default;
};

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | groupBy([](auto line) { return line; }, ByLength{}) | count() | print();
#else
    lines | groupBy([](auto line) { return line.size(); }, ByLength{}) | count() | print();
#endif
}
