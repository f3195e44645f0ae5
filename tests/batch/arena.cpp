#include <sluice/batch/arena.hpp>

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace sluice;
using namespace std::literals;

namespace {

struct Hit {
    std::string_view url;
    int status;
};
struct Visit {
    std::string_view const constant;
    Hit hits[2];
    std::vector<Hit> more;
    std::optional<std::pair<std::string_view, int>> pair;
    std::array<std::string_view, 1> array;
    std::string owned;
    unsigned bits : 3;
};

}  // namespace

TEST_CASE("an arena keeps what records look at")
{
    detail::Arena arena;
    std::string text = "a text of more than sixteen bytes";
    auto const kept = arena.keep(std::string_view{text});
    auto const pair = arena.keep(std::pair{std::string_view{text}, 1});
    auto const deep = arena.keep(std::tuple{std::optional{std::string_view{text}}, std::vector{std::string_view{text}}});
    text.assign(text.size(), '?');
    CHECK(kept == "a text of more than sixteen bytes");
    CHECK(pair == std::pair{kept, 1});
    CHECK(*std::get<0>(deep) == kept);
    CHECK(std::get<1>(deep).at(0) == kept);
    CHECK(arena.keep(std::string_view{}).empty());
    CHECK_FALSE(arena.keep(std::optional<std::string_view>{}).has_value());

    static_assert(detail::canKeep<std::pair<std::string_view, int>>() && detail::canKeep<std::string>());
    static_assert(!detail::canKeep<std::span<int>>() && !detail::canKeep<std::pair<int, std::span<int>>>());
}

TEST_CASE("an arena keeps the views of plain structs, member by member")
{
    detail::Arena arena;
    std::string text = "a text of more than sixteen bytes";
    std::string_view const view = text;
    Hit const hit{view, 200};
    auto const one = arena.keep(hit);
    auto const visit = arena.keep(Visit{view, {hit, hit}, {hit}, {{view, 1}}, {view}, text, {}});
    CHECK(arena.keep(one, &one).url.data() == one.url.data());
    text.assign(text.size(), '?');
    auto const kept = "a text of more than sixteen bytes"sv;
    CHECK(one.url == kept);
    CHECK(one.status == 200);
    CHECK(visit.constant == kept);
    CHECK(visit.hits[1].url == kept);
    CHECK(visit.more.at(0).url == kept);
    CHECK(visit.pair->first == kept);
    CHECK(visit.array[0] == kept);
    CHECK(visit.owned == kept);
}

TEST_CASE("an arena leaves alone what it keeps already")
{
    detail::Arena arena;
    auto const known = arena.keep(std::pair{"known text"sv, 1});
    auto const again = arena.keep(std::pair{known.first, 2}, &known);
    CHECK(again.first.data() == known.first.data());
    CHECK(again.second == 2);
    auto const shorter = arena.keep(std::pair{known.first.substr(0, 5), 3}, &known);
    CHECK(shorter.first.data() == known.first.data());
    auto const other = arena.keep(std::pair{"other text"sv, 4}, &known);
    CHECK(other.first == "other text");
}

TEST_CASE("what an arena keeps stays where it is, however much follows")
{
    detail::Arena arena;
    std::vector<std::string_view> kept;
    for (std::size_t i = 0; i < 300; ++i) {
        std::string const text(i % 7 == 0 ? 70'000 : 500, static_cast<char>('a' + i % 26));  // longer than a chunk, too
        kept.push_back(arena.keep(std::string_view{text}));
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
        REQUIRE(kept[i].size() == (i % 7 == 0 ? 70'000 : 500));
        REQUIRE(kept[i].find_first_not_of(static_cast<char>('a' + i % 26)) == std::string_view::npos);
    }
}

TEST_CASE("a cleared arena uses its memory again")
{
    detail::Arena arena;
    std::string const big(100'000, 'x');
    auto const* const first = arena.take(10);
    auto const* const second = arena.keep(std::string_view{big}).data();
    arena.clear();
    CHECK(arena.take(10) == first);
    CHECK(arena.keep(std::string_view{big}).data() == second);
}
