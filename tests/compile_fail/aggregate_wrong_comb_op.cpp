// expect: sluice: the function must take two of one type
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
            0L, [](long sum, std::string_view word) { return sum + std::ssize(word); },
            [](long sum, std::string_view word) { return sum + std::ssize(word); }) |
        print();
#endif
}
