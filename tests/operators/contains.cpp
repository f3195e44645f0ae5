#include <sluice/operators/contains.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/split_lines.hpp>
#include <sluice/operators/take.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Texts = std::vector<std::string>;

std::string randomText(std::mt19937& random, std::size_t size, std::string_view bytes)
{
    std::string text(size, ' ');
    for (char& c : text) c = bytes[random() % bytes.size()];
    return text;
}

}  // namespace

TEST_CASE("contains(text) is true of the texts that have it")
{
    VERIFY(contains("or")("word"));
    VERIFY(contains("word")("word"));
    VERIFY(!contains("words")("word"));
    VERIFY(!contains("rw")("word"));
    VERIFY(!contains("o")(""));
    VERIFY(!contains("o")(std::string_view{}));
    VERIFY(contains("\xff")("\xc3\xff"));

    SUBCASE("each has the empty one")
    {
        VERIFY(contains("")("word"));
        VERIFY(contains("")(""));
        VERIFY(contains("")(std::string_view{}));
        CHECK(contains(""s)("word"));
    }
}

TEST_CASE("it keeps what it looks for, in whatever form that came")
{
    auto own = [] {
        std::string const text = "a text that is longer than what a string has room for";
        std::string_view const part = text;
        char const array[] = "array";
        char wide[64] = "up to the first zero";
        return std::tuple{contains(text), contains(part.substr(2, 4)), contains(array), contains(wide), contains(text.c_str())};
    }();
    CHECK(std::get<0>(own)("a text that is longer than what a string has room for!"));
    CHECK(std::get<1>(own)("texts"));
    CHECK(std::get<2>(own)("an array"));
    CHECK(std::get<3>(own)("up to the first zero"));
    CHECK_FALSE(std::get<4>(own)("a text"));
    CHECK(contains("a\0b"sv)("xa\0bx"sv));
    CHECK_FALSE(contains("a\0b"sv)("xa"));

    auto moved = std::get<0>(std::move(own));
    auto copy = moved;
    moved = std::get<0>(own);
    CHECK(copy("a text that is longer than what a string has room for"));
}

TEST_CASE("filter(contains(text)) keeps such records, of each type that is text")
{
    std::vector<std::string> const lines{"ERROR a", "INFO b", "", "c ERROR"};
    CHECK((rdd(lines, 2) | filter(contains("ERROR")) | collect()) == Texts{"ERROR a", "c ERROR"});
    CHECK((rdd({"ERROR a", "INFO b"}) | filter(contains("ERROR"s)) | count()) == 1);
    static_assert(
        obeysPartitionLaw(filter(contains("be")) | map([](std::string_view s) { return s.size(); }), std::array{"to be"sv, ""sv, "or"sv}));
    static_assert((rdd({"to"sv, "be"sv}) | filter(contains("e")) | count()) == 1);
    constexpr auto stored = filter(contains("be")) | count();
    static_assert((rdd({"to"sv, "be"sv}) | stored) == 1);
}

TEST_CASE("lines of a text are those with it, whatever it is and wherever they end")
{
    std::mt19937 random{1};
    std::vector<std::string> const needles{"", "a", "ab", "aab", "a\rb", "a\r", "\r", "\n", "a\nb", "zz", std::string(80, 'a')};
    for (int round = 0; round < 300; ++round) {
        auto const text = randomText(random, random() % 400, round % 2 == 0 ? "ab\r\n" : "aaaaaaaaaaaaaaaabcdefgh \n");
        std::vector<std::string_view> const blocks{text, "", std::string_view{text}.substr(text.size() / 2)};
        for (auto const& what : needles) {
            for (auto const cr : {LoneCr::isText, LoneCr::endsLine}) {
                auto const plain = [&](std::string_view line) { return line.find(what) != line.npos; };
                auto const lines = rdd(blocks, 2) | flatMap(splitLines(cr));
                CAPTURE(text);
                CAPTURE(what);
                REQUIRE((lines | filter(contains(what)) | collect()) == (lines | filter(plain) | collect()));
                REQUIRE((lines | filter(contains(what)) | count()) == (lines | filter(plain) | count()));
                REQUIRE((lines | filter(contains(what)) | flatMap(split()) | collect()) ==
                        (lines | filter(plain) | flatMap(split()) | collect()));
                REQUIRE((lines | filter(contains(what)) | take(2)) == (lines | filter(plain) | take(2)));
            }
        }
    }
}
