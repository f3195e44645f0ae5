#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/sum.hpp>

#include "../streamed.hpp"
#include "handwritten.hpp"

#include <bit>

// Doubles are added in an order that is free: in the cache, in memory, and behind a filter that lets half of them pass, at random.

namespace {

using bench::Kind;
using Numbers = std::vector<double>;

Numbers numbersOf(std::size_t n)
{
    bench::Random random{7};
    Numbers numbers(n);
    for (auto& x : numbers) x = random.unit() - 0.5;
    return numbers;
}

template <class Pipeline>
void compare(bench::Suite& suite, char const* test, Numbers const& numbers, double (*byHand)(double const*, std::size_t),
             char const* spelling, Pipeline const& pipeline)
{
    std::vector<bench::Contestant> contestants;
    auto const add = [&](Kind kind, char const* name, auto sumOf) {
        contestants.push_back(
            {kind, name, "batch", [sumOf] { bench::keep(sumOf()); }, [sumOf] { return std::bit_cast<std::uint64_t>(sumOf()); }});
    };
    add(Kind::hand, spelling, [&numbers, byHand] { return byHand(numbers.data(), numbers.size()); });
    add(Kind::sluice, "sluice", [&] { return sluice::rdd(numbers) | pipeline | sluice::sum(sluice::unordered); });
    suite.compare({"unordered", test, "number", static_cast<double>(numbers.size()), {{"batch", 1.05}}}, contestants);
}

}  // namespace

int main(int argc, char** argv)
{
    using namespace sluice;
    bench::Suite suite{argc, argv};
    auto const few = numbersOf(std::size_t{1} << 16);
    auto const many = numbersOf(suite.isShort() ? 2'000'000 : 10'000'000);
    auto const made = map([](double x) { return 3 * x + 1; });
    compare(suite, "64 k doubles", few, &lanes::sumOf<double>, "16 lanes", made);
    compare(suite, "more than fit the caches", many, &lanes::sumOf<double>, "16 lanes", made);
    compare(suite, "64 k doubles, half of them", few, &lanes::sumOfPositive<double>, "16 lanes of those that pass",
            made | filter([](double x) { return x > 0; }));
    return suite.exitCode();
}
