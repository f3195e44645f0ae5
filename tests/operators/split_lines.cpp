#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/split_lines.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <initializer_list>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

static_assert(std::forward_iterator<detail::Lines::Iterator>);
static_assert(detail::isView<detail::Lines> && std::ranges::enable_borrowed_range<detail::Lines>);
static_assert(noexcept(splitLines()("text")));

constexpr bool gives(auto const& lines, std::initializer_list<std::string_view> expected)
{
    auto const* next = expected.begin();
    for (std::string_view line : lines) {
        if (next == expected.end() || line != *next++) return false;
    }
    return next == expected.end();
}

/// As slowly as can be.
std::vector<std::string> linesOf(std::string_view text)
{
    std::vector<std::string> found;
    std::string line;
    for (char c : text) {
        if (c != '\n') {
            line += c;
            continue;
        }
        if (!line.empty() && line.back() == '\r') line.pop_back();
        found.push_back(std::move(line));
        line.clear();
    }
    if (!line.empty()) found.push_back(std::move(line));
    return found;
}

}  // namespace

TEST_CASE("splitLines ends a line at LF or CRLF")
{
    VERIFY(gives(splitLines()("a\nb\n"), {"a", "b"}));
    VERIFY(gives(splitLines()("a\r\nb\r\n"), {"a", "b"}));
    VERIFY(gives(splitLines()("a\n\r\n\nb\n"), {"a", "", "", "b"}));
    VERIFY(gives(splitLines()("\n"), {""}));
    VERIFY(gives(splitLines()("\r\n"), {""}));
}

TEST_CASE("what follows the last end is a line if it has a byte")
{
    VERIFY(gives(splitLines()("a\nb"), {"a", "b"}));
    VERIFY(gives(splitLines()("a"), {"a"}));
    VERIFY(gives(splitLines()("a\n"), {"a"}));
    VERIFY(gives(splitLines()(""), {}));
    VERIFY(gives(splitLines()(std::string_view{}), {}));
}

TEST_CASE("a lone CR ends no line")
{
    VERIFY(gives(splitLines()("a\rb\n"), {"a\rb"}));
    VERIFY(gives(splitLines()("a\r"), {"a\r"}));
    VERIFY(gives(splitLines()("a\r\r\n"), {"a\r"}));
    VERIFY(gives(splitLines()("\r"), {"\r"}));
}

TEST_CASE("a lone CR ends a line where it is said to")
{
    auto const lines = [](std::string_view text) {
        std::vector<std::string> all;
        for (auto const line : splitLines(LoneCr::endsLine)(text)) all.emplace_back(line);
        return all;
    };
    using Lines = std::vector<std::string>;
    CHECK(lines("a\rb\r\nc\nd") == Lines{"a", "b", "c", "d"});
    CHECK(lines("\r\r\n\n\r") == Lines{"", "", "", ""});
    CHECK(lines("a\r") == Lines{"a"});
    CHECK(lines("").empty());
    CHECK((rdd({std::string_view{"to\rbe"}}) | flatMap(splitLines(LoneCr::endsLine)) | collect()) == Lines{"to", "be"});
}

TEST_CASE("bytes are not decoded") { VERIFY(gives(splitLines()("nul\0\n\x85\xe2\x80\xa8\n"sv), {"nul\0"sv, "\x85\xe2\x80\xa8"})); }

TEST_CASE("lines lie in the text")
{
    std::string const text = "one\r\ntwo";
    CHECK((*std::next(splitLines()(text).begin())).data() == text.data() + 5);
}

TEST_CASE("splitLines agrees with a slow one on random texts")
{
    std::mt19937 random{21};
    constexpr auto bytes = "a\r\n"sv;
    for (int round = 0; round < 3000; ++round) {
        std::string text(random() % 12, ' ');
        for (char& c : text) c = bytes[random() % bytes.size()];
        auto const lines = splitLines()(text);
        REQUIRE(std::vector<std::string>(lines.begin(), lines.end()) == linesOf(text));
    }
}

TEST_CASE("flatMap(splitLines()) is the lines of every block")
{
    std::vector<std::string> const blocks{"to be\nor", "not\r\n"};
    CHECK((rdd(blocks, 2) | flatMap(splitLines()) | flatMap(split()) | collect()) == std::vector<std::string>{"to", "be", "or", "not"});
    static_assert(NodeOf<decltype(rdd(blocks) | flatMap(splitLines()) | flatMap(split()))>::stable);
}
