#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto isEven = [](int x) { return x % 2 == 0; };
// Neither commutative nor forgiving: 1, 2, 3 in order are 123.
constexpr auto digits = [](std::pair<int, int> a, std::pair<int, int> b) {
    return std::pair{a.first * b.second + b.first, a.second * b.second};
};
constexpr auto asDigits = [](int x) { return std::pair{x, 10}; };

// Its result outlives the batch.
constexpr auto longest = [](std::string_view a, std::string_view b) { return a.size() < b.size() ? b : a; };
using Views = std::vector<std::string_view>;
static_assert(std::is_same_v<decltype(rdd(numbers) | reduce(std::plus{})), int>);
static_assert(std::is_same_v<decltype(rdd(std::declval<Views&>()) | reduce(longest)), std::string>);

// What it takes.
template <class F, class Record = int>
constexpr bool accepts = detail::Reduce<F>::template accepts<detail::Slices<Record>>;
static_assert(accepts<std::plus<>>);
static_assert(accepts<decltype(longest), std::string_view>);
static_assert(!accepts<decltype([](int, int) { return "text"; })>);
static_assert(!accepts<decltype([](int x) { return x; })>);
static_assert(!accepts<decltype([n = 0](int a, int b) mutable { return n = a + b; })>);
static_assert(!accepts<decltype([n = 0](auto a, auto) mutable { return ++n, a; }), std::string_view>);
static_assert(!accepts<decltype([](auto a, auto) { return a; }), std::span<int>>, "nobody knows how to keep it");
static_assert(!accepts<decltype([](auto const& a, auto const&) -> auto const& { return a; }), std::unique_ptr<int>>,
              "a stored record has to be copied");

}  // namespace

TEST_CASE("reduce combines all records, in order")
{
    VERIFY((rdd({1, 2, 3}) | reduce(std::plus{})) == 6);
    VERIFY((rdd({7}) | reduce(std::plus{})) == 7);
    VERIFY((rdd({1, 2, 3, 4}, 3) | map(asDigits) | reduce(digits)).first == 1234);
    VERIFY((rdd(numbers, 7) | filter(isEven) | reduce(std::multiplies{})) == 48);
}

TEST_CASE("reduce by std::plus wraps, also where partitions meet")
{
    constexpr int most = std::numeric_limits<int>::max();
    VERIFY((rdd({most, 1}) | reduce(std::plus{})) == std::numeric_limits<int>::min());
    VERIFY((rdd({most, 1}, 2) | reduce(std::plus{})) == std::numeric_limits<int>::min());
}

TEST_CASE("reduce obeys the laws")
{
    static_assert(obeysPartitionLaw(map(asDigits) | reduce(digits), numbers));
    static_assert(obeysPartitionLaw(flatMap([](int x) { return std::array{x, x}; }) | map(asDigits) | reduce(digits), std::array{1, 2, 3}));
    CHECK(obeysErasureLaw(map(asDigits) | reduce(digits), numbers));
    CHECK(obeysErasureLaw(filter(isEven) | reduce(std::plus{}), numbers));
}

TEST_CASE("reduce of nothing is an invalid argument")
{
    CHECK_THROWS_AS(rdd(std::vector<int>{}) | reduce(std::plus{}), InvalidArgument);
    CHECK_THROWS_AS(rdd(numbers, 2) | filter([](int) { return false; }) | reduce(std::plus{}), InvalidArgument);
    CHECK_THROWS_WITH(rdd(std::vector<int>{}) | reduce(std::plus{}), doctest::Contains("sluice::reduce(f)"));
}

TEST_CASE("reduce finds its first record wherever it stands")
{
    for (int first : numbers) {
        for (std::size_t partitions = 1; partitions <= 7; partitions += 3) {
            auto const rest = rdd(numbers, partitions) | filter([first](int x) { return x >= first; });
            RDD<int> const any = rest;
            int const expected = (first + 7) * (8 - first) / 2;
            CHECK((rest | reduce(std::plus{})) == expected);
            CHECK((any | filter([](int x) { return x != 6; }) | reduce(std::plus{})) == expected - (first <= 6 ? 6 : 0));
        }
    }
}

TEST_CASE("reduce of views is a function of two views, and gives what owns")
{
    std::vector<std::string> const texts{"to", "a text of more than sixteen bytes", "or", "not a text as long as that"};
    Views const views(texts.begin(), texts.end());
    CHECK((rdd(views, 2) | reduce(longest)) == texts[1]);
    CHECK((rdd(views, 2) | reduce([](auto a, auto b) { return a < b ? b : a; })) == "to");
    CHECK((rdd(views) | reduce([](std::string_view a, std::string_view b) { return std::string{a} += b; })).size() == 63);

    SUBCASE("also where their bytes live no longer than one record")
    {
        auto const made = rdd(views, 2) | map([](std::string_view text) { return std::string{text} + '!'; }) |
                          flatMap([](std::string_view text) { return std::array{text.substr(1), text}; });
        static_assert(!NodeOf<decltype(made)>::stable);
        CHECK((made | reduce(longest)) == texts[1] + '!');
    }
    SUBCASE("also in pairs and in containers")
    {
        auto const most = rdd(views) | map([](std::string_view text) { return std::pair{text, text.size()}; }) |
                          reduce([](auto a, auto b) { return a.second < b.second ? b : a; });
        CHECK(most == std::pair{texts[1], texts[1].size()});
        CHECK((rdd({Views{"a"}, Views{"b"}}) | reduce([](std::vector<std::string> all, auto const& more) {
                   all.insert(all.end(), more.begin(), more.end());
                   return all;
               })) == std::vector<std::string>{"a", "b"});
    }
}

TEST_CASE("reduce gives a record, though f answers another number")
{
    std::vector<short> const shorts{1, 2, 3};
    static_assert(std::is_same_v<decltype(rdd(shorts) | reduce(std::plus{})), short>);
    CHECK((rdd(shorts, 2) | reduce(std::plus{})) == 6);
}

TEST_CASE("what f throws names the reduce and its line, and in a partition the partition")
{
    auto const overflow = [](int a, int b) { return a + b > 10 ? throw std::overflow_error{"too much"} : a + b; };
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { return rdd(numbers, 2) | reduce(overflow); });
    CHECK(failure.kind == "reduce");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "too much");

    auto const meeting = failureOf([&] { return rdd(numbers, 7) | reduce(overflow); });
    CHECK(meeting.partition == StreamError::unknown);
    CHECK(meeting.cause == "too much");
}
