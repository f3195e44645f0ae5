#include <sluice/operators/collect.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <map>
#include <memory>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};

// What it gives owns what it shows.
template <class Record>
using Collected = decltype(rdd(std::declval<std::vector<Record>&>()) | collect());
static_assert(std::is_same_v<Collected<int>, std::vector<int>>);
static_assert(std::is_same_v<Collected<std::string_view>, std::vector<std::string>>);
static_assert(std::is_same_v<Collected<std::pair<std::string_view, int>>, std::vector<std::pair<std::string, int>>>);

// What it takes.
template <class Record>
constexpr bool accepts = detail::Collect::accepts<detail::Slices<Record>>;
static_assert(accepts<std::string_view>);
static_assert(!accepts<std::span<int>>, "nobody knows how to keep it");
static_assert(!accepts<std::map<std::string_view, int>>);
static_assert(!accepts<std::unique_ptr<int>>, "a stored record has to be copied");

/// A view of a user's own, which is kept as a few bytes.
struct Ticker {
    char const* letters;
};

}  // namespace

template <>
struct sluice::OwnedAs<Ticker> {
    using type = std::array<char, 4>;
    static constexpr type own(Ticker t) { return {t.letters[0], t.letters[1], t.letters[2], t.letters[3]}; }
};

TEST_CASE("collect gives all records, in the order of partitions")
{
    VERIFY((rdd({1, 2, 3}) | collect()) == std::vector{1, 2, 3});
    VERIFY((rdd(numbers, 6) | collect()) == std::vector{1, 2, 3, 4, 5, 6, 7});
    VERIFY((rdd(std::vector<int>{}, 2) | collect()).empty());
    CHECK((rdd({1, 3}, 2) | map([](int x) { return x < 3; }) | collect()) == std::vector<bool>{true, false});
}

TEST_CASE("collect obeys the laws")
{
    static_assert(obeysPartitionLaw(collect(), numbers));
    static_assert(obeysPipeLaw(map([](int x) { return -x; }), collect(), numbers));
    CHECK(obeysErasureLaw(collect(), numbers));
}

TEST_CASE("what collect gives outlives the batch")
{
    std::vector<std::string> kept;
    std::vector<std::array<char, 4>> tickers;
    {
        std::vector<std::string> const texts{"a", "a text of more than sixteen bytes"};
        std::vector<std::string_view> const views(texts.begin(), texts.end());
        kept = rdd(views) | collect();
        std::string const letters = "ABCD";
        tickers = rdd({Ticker{letters.data()}}) | collect();
    }
    CHECK(kept == std::vector<std::string>{"a", "a text of more than sixteen bytes"});
    CHECK(tickers == std::vector{std::array{'A', 'B', 'C', 'D'}});
}

TEST_CASE("collect owns the keys of maps that are made on the way")
{
    auto const letters = [](std::string_view text) { return std::map<std::string_view, int>{{text.substr(1), 1}}; };
    std::vector<std::pair<std::string, int>> kept;
    {
        std::vector<std::string> const texts{"a text of more than sixteen bytes"};
        kept = rdd(texts) | flatMap(letters) | collect();
    }
    CHECK(kept == std::vector{std::pair<std::string, int>{" text of more than sixteen bytes", 1}});
}

TEST_CASE("collect moves what is made on the way, and copies what is stored once")
{
    std::vector<Tracked> records;
    records.reserve(4);
    for (int i = 0; i < 4; ++i) records.emplace_back(i);
    Tracked::reset();
    CHECK((rdd(records, 2) | collect()) == records);
    CHECK(Tracked::copies == 4);
    CHECK((rdd(numbers) | map([](int x) { return Tracked{x}; }) | collect()).size() == 7);
    CHECK(Tracked::copies == 4);
}
