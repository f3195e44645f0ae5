#include <sluice/batch/collect_sink.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/filter.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace sluice;
using detail::KeepSink;

namespace {

struct Fixed {
    int value = 0;
    int const always = 1;
};

struct Hit {
    std::string_view url;
    int status;
};

// A bool is not packed, and what has views within lies beside an arena.
static_assert(std::is_same_v<KeepSink<int>, detail::CollectSink<int>>);
static_assert(std::is_same_v<KeepSink<bool>, detail::BoolSink>);
static_assert(std::is_same_v<KeepSink<Hit>, detail::ArenaSink<Hit>>);

}  // namespace

TEST_CASE("records that cannot be assigned are gathered, too")
{
    std::vector<Fixed> const records(3);
    CHECK((rdd(records, 2) | collect()).size() == 3);
}

TEST_CASE("the room grows, with and without a condition")
{
    std::vector<int> many(100'000);
    for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<int>(i);
    CHECK((rdd(many, 3) | collect()) == many);
    auto const odd = rdd(many, 3) | filter([](int x) { return x % 2 == 1; }) | collect();
    REQUIRE(odd.size() == 50'000);
    for (std::size_t i = 0; i < odd.size(); ++i) REQUIRE(odd[i] == static_cast<int>(2 * i + 1));
}

TEST_CASE("a sink that is cleared keeps its memory, and is filled from the front again")
{
    KeepSink<int> numbers;
    for (int i = 0; i < 10; ++i) CHECK(numbers(i));
    auto const* const before = numbers.data();
    numbers.clear();
    CHECK(numbers.size() == 0);
    CHECK(numbers(7));
    CHECK(numbers.pushIf(8, false));
    CHECK(numbers.data() == before);
    REQUIRE(numbers.size() == 1);
    CHECK(numbers.data()[0] == 7);
    CHECK(std::move(numbers).take() == std::vector{7});
}

TEST_CASE("answers lie side by side, and go along when their sink is moved")
{
    KeepSink<bool> answers;
    for (bool const answer : {true, false, true}) CHECK(answers(answer));
    auto const moved = std::move(answers);
    REQUIRE(moved.size() == 3);
    CHECK(moved.data()[0]);
    CHECK(!moved.data()[1]);
    CHECK(moved.data()[2]);
}

TEST_CASE("what views in structs look at is kept beside them")
{
    KeepSink<Hit> hits;
    {
        std::string const url = "/a path of more than sixteen bytes";
        CHECK(hits(Hit{url, 200}));
    }
    REQUIRE(hits.size() == 1);
    CHECK(hits.data()[0].url == "/a path of more than sixteen bytes");
    CHECK(hits.data()[0].status == 200);
    hits.clear();
    CHECK(hits.size() == 0);
}
