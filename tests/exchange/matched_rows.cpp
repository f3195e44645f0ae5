#include <sluice/exchange/matched_rows.hpp>

#include <doctest/doctest.h>

#include <vector>

using sluice::detail::MatchedRows;

namespace {

struct Met {
    MatchedRows groups;
    std::vector<std::uint32_t> lefts;
    std::vector<std::uint32_t> rights;

    Met(std::vector<int> const& left, std::vector<int> const& right, bool leftAlone, bool rightAlone)
    {
        auto const leftKey = [&](std::size_t row) { return left[row]; };
        auto const rightKey = [&](std::size_t row) { return right[row]; };
        groups.begin(left.size(), right.size());
        groups.enterRight(rightKey);
        if (leftAlone) groups.findOrEnter<int>(leftKey, rightKey);
        else groups.find(leftKey, rightKey, [](std::size_t) {});
        groups.arrange(rightAlone);
        lefts.resize(groups.matches());
        groups.eachLeft([this](std::uint32_t row, std::size_t i) { lefts[i] = row; });
        if (!groups.repeats()) return;
        rights.resize(right.size());
        groups.eachRight([this](std::uint32_t row, std::size_t i) { rights[i] = row; });
    }
};

}  // namespace

TEST_CASE("groups stand by their first row on the left, and rows of a group in their order")
{
    Met const met{{7, 8, 5, 7, 9, 5, 7}, {5, 7, 6}, false, false};
    REQUIRE(met.groups.size() == 2);
    CHECK(met.groups.group(0).left == 0);
    CHECK(met.groups.group(0).right == 1);
    CHECK(met.groups.group(0).end == 3);
    CHECK(met.groups.group(1).left == 2);
    CHECK(met.groups.group(1).right == 0);
    CHECK(met.groups.group(1).end == 5);
    CHECK(met.lefts == std::vector<std::uint32_t>{0, 3, 6, 2, 5});
    CHECK_FALSE(met.groups.repeats());
}

TEST_CASE("rows of one side alone have groups where they are asked for")
{
    Met const met{{7, 8}, {5, 7, 6, 5}, true, true};
    REQUIRE(met.groups.size() == 4);
    CHECK(met.groups.group(1).left == 1);
    CHECK(met.groups.group(1).right == MatchedRows::none);
    CHECK(met.groups.group(2).left == MatchedRows::none);
    CHECK(met.groups.group(2).right == 0);
    CHECK(met.groups.group(3).right == 2);
    CHECK(met.groups.group(3).end == 2);
    REQUIRE(met.groups.repeats());
    auto const span = met.groups.spanOf(0);
    CHECK(span.size == 2);
    CHECK(met.rights[span.end - 2] == 0);
    CHECK(met.rights[span.end - 1] == 3);
}

TEST_CASE("of nothing there is nothing")
{
    CHECK(Met({}, {}, true, true).groups.size() == 0);
    CHECK(Met({1, 2}, {}, false, false).groups.size() == 0);
    CHECK(Met({}, {1, 2}, true, false).groups.size() == 0);
}

TEST_CASE("more rows than numbers are refused")
{
    MatchedRows groups;
    CHECK_THROWS_AS(groups.begin(std::size_t{1} << 32, 1), sluice::StreamError);
    CHECK_THROWS_AS(groups.begin(1, std::size_t{1} << 32), sluice::StreamError);
}
