#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <functional>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto isEven = [](int x) { return x % 2 == 0; };

// Its result is of the type of zero, whatever the records are.
static_assert(std::is_same_v<decltype(rdd(numbers) | fold(0L, std::plus{})), long>);

struct Sum {
    long sum = 0;
    constexpr Sum operator()(Sum a, int x) const { return {a.sum + x}; }
    constexpr Sum operator()(Sum a, Sum b) const { return {a.sum + b.sum}; }
};

// What it takes.
template <class Z, class F>
constexpr bool accepts = detail::Fold<Z, F>::template accepts<detail::Slices<int>>;
static_assert(accepts<int, std::plus<>>);
static_assert(accepts<Sum, Sum>);
static_assert(!accepts<std::string, decltype([](std::string const& s, int) { return s; })>, "two results must meet");
static_assert(!accepts<int, decltype([](int, std::string_view) { return 1; })>);
static_assert(!accepts<int, decltype([n = 0](int a, int) mutable { return n += a; })>);

}  // namespace

TEST_CASE("fold combines all records, beginning with zero")
{
    VERIFY((rdd({1, 2, 3}) | fold(0, std::plus{})) == 6);
    VERIFY((rdd(numbers, 3) | fold(Sum{}, Sum{})).sum == 28);
    static_assert((rdd(numbers, 3) | filter(isEven) | fold(1, std::multiplies{})) == 48);
    std::vector<std::string_view> const texts{"a", "b", "c"};
    CHECK((rdd(texts, 2) | fold(std::string{}, [](std::string a, std::string_view b) { return a += b; })) == "abc");
}

TEST_CASE("fold of nothing is zero") { VERIFY((rdd(std::vector<int>{}) | fold(5, std::plus{})) == 5); }

TEST_CASE("zero is taken once by each partition that may have records, and once where they meet")
{
    static_assert((rdd(numbers, 1) | fold(100, std::plus{})) == 228);
    static_assert((rdd(numbers, 7) | fold(100, std::plus{})) == 828);
    VERIFY((rdd({1}, 4) | fold(100, std::plus{})) == 201);
}

TEST_CASE("fold obeys the laws")
{
    static_assert(obeysPartitionLaw(fold(0, std::plus{}), numbers));
    static_assert(obeysPipeLaw(filter(isEven), fold(1, std::multiplies{}), numbers));
    CHECK(obeysErasureLaw(fold(std::string{}, [](std::string a, std::string const& b) { return a += b; }),
                          std::vector<std::string>{"a", "b", "c"}));
}

TEST_CASE("fold gives the type of zero, though f answers another number")
{
    std::vector<long> const longs{1, 2, 3};
    static_assert(std::is_same_v<decltype(rdd(longs) | fold(0, std::plus{})), int>);
    CHECK((rdd(longs, 2) | fold(0, std::plus{})) == 6);
}

TEST_CASE("what f throws names the fold, its line and the partition")
{
    auto const overflow = [](int a, int b) { return a + b > 10 ? throw std::overflow_error{"too much"} : a + b; };
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { return rdd(numbers, 2) | fold(0, overflow); });
    CHECK(failure.kind == "fold");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "too much");
}
