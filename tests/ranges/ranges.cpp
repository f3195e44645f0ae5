#include <sluice/ranges.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include <doctest/doctest.h>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/concat.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/linear_distribute.hpp>
#include <range/v3/view/remove_if.hpp>
#include <range/v3/view/split.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <functional>
#include <list>
#include <string>

using namespace sluice;
namespace views = ranges::views;

namespace {

constexpr auto square = [](int x) { return x * x; };
constexpr auto odd = [](int x) { return x % 2 != 0; };

}  // namespace

TEST_CASE("a lazy view is a batch, in as many partitions as are asked for where it can be cut")
{
    for (std::size_t const partitions : {1U, 2U, 3U, 9U}) {
        auto const squares = fromRange(views::ints(0, 7) | views::transform(square), partitions);
        CHECK(squares.numPartitions() == partitions);
        CHECK((squares | collect()) == std::vector{0, 1, 4, 9, 16, 25, 36});
        CHECK((squares | filter(odd) | map([](int x) { return -x; }) | collect()) == std::vector{-1, -9, -25});
        CHECK((squares | take(3)) == std::vector{0, 1, 4});
        CHECK((squares | reduce(std::plus{})) == 91);
    }
}

TEST_CASE("a view that cannot be cut is one partition")
{
    auto view = views::ints(0, 10) | views::remove_if(odd);
    CHECK((fromRange(view) | reduce(std::plus{})) == 20);
    CHECK_THROWS_AS(static_cast<void>(fromRange(view, 2)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(fromRange(views::ints(0, 10), 0)), InvalidArgument);
}

TEST_CASE("a container is referred to, and its records are handed on by reference")
{
    std::list<std::string> const words{"to", "be"};
    auto const batch = fromRange(words);
    static_assert(std::is_same_v<RecordOf<decltype(batch.node())>, std::string const&>);
    CHECK((batch | collect()) == std::vector<std::string>{"to", "be"});
}

TEST_CASE("records are computed when they are pushed, and each time anew")
{
    int calls = 0;
    auto const counted = fromRange(views::ints(0, 100) | views::transform([&](int x) { return ++calls, x; }));
    CHECK(calls == 0);
    CHECK((counted | take(5)).size() == 5);
    CHECK(calls == 5);
    CHECK((counted | count()) == 100);
}

TEST_CASE("a batch is a range that is pulled from as far as it is asked for")
{
    int calls = 0;
    std::vector<int> const numbers = views::ints(0, 10'000) | ranges::to<std::vector>();
    auto const doubled = rdd(numbers, 3) | map([&](int x) { return ++calls, 2 * x; });
    auto const three = toRange(doubled) | views::take(3) | ranges::to<std::vector>();
    CHECK(three == std::vector{0, 2, 4});
    CHECK(calls < 1000);
    CHECK(ranges::accumulate(toRange(doubled), std::int64_t{0}) == 2 * 9999LL * 10'000 / 2);
}

TEST_CASE("what comes out is what collect gives: empty partitions, flatMap, exchanges, text")
{
    std::vector<std::string> const lines{"to be", "", "or not", "to be"};
    auto const words = rdd(lines, 4) | flatMap(split());
    CHECK((toRange(words) | ranges::to<std::vector>()) == (words | collect()));
    auto const counts = words | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{}, 3);
    CHECK((toRange(counts) | ranges::to<std::vector>()) == (counts | collect()));
    CHECK((toRange(rdd(std::vector<int>{}, 3)) | ranges::to<std::vector>()).empty());
}

TEST_CASE("views are what flatMap may return, and what transform may answer")
{
    auto const out = testing::runBatches<int>({{3, 1}, {}}, [](auto in) {
        return in | flatMap([](int n) { return views::ints(0, n); }) | transform([](auto batch) {
                   auto squares = toRange(batch) | views::transform(square);
                   std::vector<int> sums;
                   for (auto chunk : squares | views::chunk(2)) sums.push_back(ranges::accumulate(chunk, 0));
                   return rdd(std::move(sums));
               });
    });
    CHECK(out == testing::Batches<int>{{1, 4}, {}});
}

TEST_CASE("truth values come as a range, too")
{
    auto const large = rdd({1, 2, 3}, 2) | map([](int x) { return x > 1; });
    CHECK((toRange(large) | ranges::to<std::vector>()) == std::vector<bool>{false, true, true});
}
