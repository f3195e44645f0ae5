// expect: sluice: the partitioner must answer partition\(key\)
#include <sluice/sluice.hpp>

using namespace sluice;

struct ByLength {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(std::string_view key) const { return key.size() % 2; }
    bool operator==(ByLength const&) const = default;
};

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }, ByLength{}) |
        count() | print();
#else
    counts | map([](auto, int x) { return std::pair{x, x}; }) |
        combineByKey([](int n) { return n; }, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }, ByLength{}) |
        count() | print();
#endif
}
