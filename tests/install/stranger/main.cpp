#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include <cstdio>

int countWords(std::vector<std::string> lines);

int main()
{
    using namespace sluice;

    constexpr auto square = [](int x) { return x * x; };
    constexpr auto sum = [](int a, int b) { return a + b; };

    int const squares = rdd({1, 2, 3}) | map(square) | reduce(sum);
    int const words = countWords({"to be or", "not to be"});
    std::printf("%d %d\n", squares, words);
    return squares == 14 && words == 6 ? 0 : 1;
}
