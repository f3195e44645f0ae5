#include <sluice/checkpoint/window_keeper.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"
#include "lived.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::vector<std::string>>;

/// The words of the rows, as views, in a window.
auto wordsOver(Duration length, Duration slide = 1s)
{
    return [length, slide](auto rows) {
        return rows | flatMap([](Row const& row) { return std::vector<std::string>{row.first}; }) | flatMap(split()) |
               window(length, slide) | named("words") | checkpoint();
    };
}

std::uintmax_t bytesIn(std::string const& directory)
{
    std::uintmax_t all = 0;
    for (auto const& file : std::filesystem::directory_iterator{directory}) all += std::filesystem::file_size(file);
    return all;
}

}  // namespace

TEST_CASE("text that was a view of its batch is in the window of the next process")
{
    Temporary const folder;
    CHECK(lived<std::string>(folder.path("x"), {}, {{{"one two", 0}}, {{"three", 0}}}, wordsOver(3s)) ==
          Words{{"one", "two"}, {"one", "two", "three"}});
    CHECK(lived<std::string>(folder.path("x"), {.begin = 2s}, {{}, {{"four", 0}}, {}}, wordsOver(3s)) ==
          Words{{"one", "two", "three"}, {"three", "four"}, {"four"}});
    CHECK(lived<std::string>(folder.path("x"), {.begin = 5s}, {{}, {}}, wordsOver(3s)) == Words{{"four"}, {}});
}

TEST_CASE("batches that were due while no process ran leave the window, too")
{
    Temporary const folder;
    CHECK(lived<std::string>(folder.path("x"), {}, {{{"a", 0}}, {{"b", 0}}}, wordsOver(4s)).back() == std::vector<std::string>{"a", "b"});
    auto const later = lived<std::string>(folder.path("x"), {.begin = 5s}, {{{"c", 0}}}, wordsOver(4s));
    CHECK(later.front() == std::vector<std::string>{"a", "b"});  // at 3 s
    CHECK(later.back() == std::vector<std::string>{"c"});        // at 6 s
}

TEST_CASE("a window may become longer, shorter, and slide otherwise: it has the batches of its time that there are")
{
    Temporary const folder;
    lived<std::string>(folder.path("x"), {}, {{{"a", 0}}, {{"b", 0}}, {{"c", 0}}}, wordsOver(2s));
    CHECK(lived<std::string>(folder.path("x"), {.begin = 3s}, {{{"d", 0}}}, wordsOver(4s)) == Words{{"b", "c", "d"}});  // "a" had left
    CHECK(lived<std::string>(folder.path("x"), {.begin = 4s}, {{{"e", 0}}}, wordsOver(2s)) == Words{{"d", "e"}});
    CHECK(lived<std::string>(folder.path("x"), {.begin = 5s}, {{{"f", 0}}, {}}, wordsOver(4s, 2s)) == Words{{"d", "e", "f"}});
}

TEST_CASE("batches of another interval are in the window as long as their times are")
{
    Temporary const folder;
    lived<std::string>(folder.path("x"), {}, {{{"a", 0}}, {{"b", 0}}, {{"c", 0}}, {{"d", 0}}}, wordsOver(4s));
    CHECK(lived<std::string>(folder.path("x"), {.begin = 4s, .interval = 2s}, {{{"e", 0}}, {}}, wordsOver(4s, 2s)) ==
          Words{{"c", "d", "e"}, {"e"}});
    CHECK(lived<std::string>(folder.path("x"), {.begin = 8s, .interval = 500ms}, {{{"f", 0}}, {}, {}}, wordsOver(3s, 500ms)) ==
          Words{{"e", "f"}, {"f"}, {"f"}});
}

TEST_CASE("partitions and workers may be others: the window has the batches with those that they had")
{
    Temporary const folder;
    auto const sums = [](std::size_t partitions) {
        return [partitions](auto rows) {
            return rows | reduceByKey(std::plus{}, partitions) | window(5s) | named("sums") | checkpoint() | reduceByKey(std::plus{});
        };
    };
    auto const sorted = [](auto batches) {
        for (auto& batch : batches) std::sort(batch.begin(), batch.end());
        return batches;
    };
    lived<Row>(folder.path("x"), {}, {{{"a", 1}, {"b", 2}}, {{"a", 3}}}, sums(2));
    CHECK(sorted(lived<Row>(folder.path("x"), {.begin = 2s, .master = "local[2]"}, {{{"b", 4}, {"c", 5}}, {{"c", 6}}}, sums(3))) ==
          std::vector<Rows>{{{"a", 4}, {"b", 6}, {"c", 5}}, {{"a", 4}, {"b", 6}, {"c", 11}}});
    CHECK(sorted(lived<Row>(folder.path("x"), {.begin = 4s}, {{}, {}}, sums(3))) ==
          std::vector<Rows>{{{"a", 4}, {"b", 6}, {"c", 11}}, {{"a", 3}, {"b", 4}, {"c", 11}}});
}

TEST_CASE("records of another type are read where that can be, and refused by the window's name where it cannot")
{
    Temporary const folder;
    auto const as = [](auto zero) {
        using T = decltype(zero);
        return [](auto rows) {
            return rows | map([](Row const& row) { return static_cast<T>(row.second); }) | window(4s) | named("numbers") | checkpoint();
        };
    };
    lived<std::int32_t>(folder.path("x"), {}, {{{"", 1}}, {{"", 2}}}, as(std::int32_t{}));
    CHECK(lived<std::int64_t>(folder.path("x"), {.begin = 2s}, {{{"", 3}}}, as(std::int64_t{})) ==
          std::vector<std::vector<std::int64_t>>{{1, 2, 3}});
    CHECK(lived<std::int64_t>(folder.path("x"), {.begin = 3s}, {{}}, as(std::int64_t{})) ==
          std::vector<std::vector<std::int64_t>>{{1, 2, 3}});
    CHECK_THROWS_WITH_AS(
        lived<std::string>(
            folder.path("x"), {.begin = 4s}, {},
            [](auto rows) { return rows | map([](Row const& row) { return row.first; }) | window(4s) | named("numbers") | checkpoint(); }),
        doctest::Contains("sluice::window \"numbers\""), StreamError);
    CHECK_THROWS_WITH_AS(
        lived<Row>(folder.path("x"), {.begin = 4s}, {},
                   [](auto rows) { return rows | reduceByKeyAndWindow(std::plus{}, 4s) | named("numbers") | checkpoint(); }),
        doctest::Contains("as entries of {batches of a window: int64}, and this one writes {keys and batches of a window: int64}"),
        StreamError);
    CHECK_THROWS_WITH_AS(lived<Row>(folder.path("x"), {.begin = 4s}, {},
                                    [](auto rows) { return rows | updateStateByKey(addUp) | named("numbers") | checkpoint(); }),
                         doctest::Contains("sluice::updateStateByKey \"numbers\" ("), StreamError);
}

TEST_CASE("batches that are longer than a chunk come back, record by record")
{
    Temporary const folder;
    Rows rows;
    for (std::int64_t i = 0; i < 30'000; ++i) rows.emplace_back(std::string(100, static_cast<char>('a' + i % 26)), i);
    auto const all = [](auto stream) { return stream | window(4s) | named("all") | checkpoint(); };
    lived<Row>(folder.path("x"), {}, {rows}, all);
    CHECK(lived<Row>(folder.path("x"), {.begin = 1s}, {{}}, all) == std::vector<Rows>{rows});
    lived<Row>(folder.path("x"), {.begin = 2s}, {{}, {}, {}}, all);
    CHECK(lived<Row>(folder.path("x"), {.begin = 5s}, {{}}, all) == std::vector<Rows>{{}});
}

TEST_CASE("what is written follows the batch, not the window")
{
    for (auto const length : {2s, 60s}) {
        Temporary const folder;
        std::vector<Rows> batches;
        for (std::int64_t i = 0; i < 120; ++i) batches.push_back({{"a", i}, {"b", i}});
        lived<Row>(folder.path("x"), {}, batches, [length](auto stream) { return stream | window(length) | named("all") | checkpoint(); });
        CHECK(bytesIn(folder.path("x")) < 120 * 250);
    }
}
