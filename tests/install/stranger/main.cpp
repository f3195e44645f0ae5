#include <sluice/sluice.hpp>

#include <cstdio>

int main()
{
    using namespace sluice;

    constexpr auto square = [](int x) { return x * x; };
    constexpr auto sum = [](int a, int b) { return a + b; };

    int const squares = rdd({1, 2, 3}) | map(square) | reduce(sum);
    std::printf("%d\n", squares);
    return squares == 14 ? 0 : 1;
}
