// expect: sluice: the partitioner must answer
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

struct ByLength {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(std::string_view key) const { return key.size() % 2; }
    bool operator==(ByLength const&) const = default;
};

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words | countByValueAndWindow(3s, 1s, ByLength{}) | print();
#else
    words | map([](std::string_view word) { return word.size(); }) | countByValueAndWindow(3s, 1s, ByLength{}) | print();
#endif
}
