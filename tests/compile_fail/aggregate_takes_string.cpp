// expect: sluice: the function must take text as std::string_view
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words |
        aggregate(
            0L, [](long sum, std::string_view word) { return sum + std::ssize(word); }, [](long a, long b) { return a + b; }) |
        print();
#else
    words |
        aggregate(
            0L, [](long sum, std::string const& word) { return sum + std::ssize(word); }, [](long a, long b) { return a + b; }) |
        print();
#endif
}
