// range-v3 on both sides: a lazy view as a batch, a batch as a range.

#include <sluice/ranges.hpp>
#include <sluice/sluice.hpp>

#include <range/v3/view/chunk.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

#include <cstdio>
#include <functional>

using namespace sluice;
namespace views = ranges::views;

int main()
{
    auto const squares = fromRange(views::ints(1, 1'000'001) | views::transform([](std::int64_t x) { return x * x; }), 4);
    std::printf("sum of squares: %lld\n", static_cast<long long>(squares | reduce(std::plus{})));

    auto multiples = toRange(squares | filter([](std::int64_t x) { return x % 7 == 0; }));
    int rows = 0;
    for (auto row : multiples | views::chunk(3)) {
        for (auto x : row) std::printf(" %lld", static_cast<long long>(x));
        std::puts("");
        if (++rows == 2) break;  // nobody computes the rest
    }
}
