#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/split.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

// What it is: a function that several threads may call at once, of a range that holds nothing.
static_assert(std::is_empty_v<detail::Split>);
static_assert(std::forward_iterator<detail::Words::Iterator> && std::forward_iterator<detail::Fields::Iterator>);
static_assert(detail::isView<detail::Words> && detail::isView<detail::Fields>);
static_assert(std::ranges::enable_borrowed_range<detail::Words> && std::ranges::enable_borrowed_range<detail::Fields>);
static_assert(noexcept(split()("text")) && noexcept(split(',')("text")));

constexpr bool gives(auto const& tokens, std::initializer_list<std::string_view> expected)
{
    auto const* next = expected.begin();
    for (std::string_view token : tokens) {
        if (next == expected.end() || token != *next++) return false;
    }
    return next == expected.end();
}

/// As slowly as can be, and as the C library has it.
std::vector<std::string_view> wordsOf(std::string_view text)
{
    std::vector<std::string_view> found;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const space = std::isspace(static_cast<unsigned char>(text[i])) != 0;
        if (!space && inside) found.back() = {found.back().data(), found.back().size() + 1};
        if (!space && !inside) found.push_back(text.substr(i, 1));
        inside = !space;
    }
    return found;
}

std::vector<std::string_view> fieldsOf(std::string_view text, char separator)
{
    std::vector<std::string_view> found;
    for (std::size_t from = 0; from <= text.size();) {
        auto const to = std::min(text.find(separator, from), text.size());
        found.push_back(text.substr(from, to - from));
        from = to + 1;
    }
    if (!text.empty()) {
        while (!found.empty() && found.back().empty()) found.pop_back();
    }
    return found;
}

std::vector<std::string_view> all(auto const& tokens) { return {tokens.begin(), tokens.end()}; }

}  // namespace

TEST_CASE("split() gives the runs of bytes that are not white space")
{
    VERIFY(gives(split()("to be or not"), {"to", "be", "or", "not"}));
    VERIFY(gives(split()("  to\t\tbe \r\n"), {"to", "be"}));
    VERIFY(gives(split()("a\vb\fc\rd\ne\tf g"), {"a", "b", "c", "d", "e", "f", "g"}));
    VERIFY(gives(split()(""), {}));
    VERIFY(gives(split()(" \n "), {}));
    VERIFY(gives(split()(std::string_view{}), {}));
    VERIFY(gives(split()("x"), {"x"}));
    VERIFY(gives(split()("caf\xc3\xa9 \xff\xa0"), {"caf\xc3\xa9", "\xff\xa0"}));
    VERIFY(gives(split()("nul\0 inside\0"sv), {"nul\0"sv, "inside\0"sv}));
}

TEST_CASE("split(separator) gives what stands between, and drops empty strings at the end")
{
    VERIFY(gives(split(' ')("to be or not"), {"to", "be", "or", "not"}));
    VERIFY(gives(split(',')("a,b"), {"a", "b"}));
    VERIFY(gives(split(',')(",a,,b"), {"", "a", "", "b"}));
    VERIFY(gives(split(',')("a,b,,"), {"a", "b"}));
    VERIFY(gives(split(',')("a"), {"a"}));
    VERIFY(gives(split(',')(",,a"), {"", "", "a"}));
    VERIFY(gives(split('\0')("a\0b\0"sv), {"a", "b"}));

    SUBCASE("the empty text is one empty string")
    {
        VERIFY(gives(split(' ')(""), {""}));
        VERIFY(gives(split(' ')(std::string_view{}), {""}));
    }
    SUBCASE("a text of nothing but separators is none")
    {
        VERIFY(gives(split(',')(","), {}));
        VERIFY(gives(split(' ')("   "), {}));
    }
}

TEST_CASE("tokens lie in the text")
{
    std::string const text = " one two";
    auto const tokens = split()(text);
    CHECK((*tokens.begin()).data() == text.data() + 1);
    CHECK((*std::next(split(' ')(text).begin(), 2)).data() == text.data() + 5);
}

TEST_CASE("every byte is white space for split() where it is for the C library")
{
    for (int byte = 0; byte < 256; ++byte) {
        for (std::size_t at = 0; at < 20; ++at) {  // within the first eight bytes, the second, and what is left
            std::string text(20, 'x');
            text[at] = static_cast<char>(byte);
            REQUIRE(all(split()(text)) == wordsOf(text));
        }
    }
}

TEST_CASE("split agrees with a slow one on random texts, of any length and alignment")
{
    std::mt19937 random{20};
    constexpr auto bytes = "ab \n,\xa0\x89\x1f!"sv;
    for (int round = 0; round < 3000; ++round) {
        std::string text(random() % 40, ' ');
        for (char& c : text) c = bytes[random() % bytes.size()];
        auto const part = std::string_view{text}.substr(std::min<std::size_t>(random() % 8, text.size()));
        REQUIRE(all(split()(part)) == wordsOf(part));
        REQUIRE(all(split(',')(part)) == fieldsOf(part, ','));
        REQUIRE(all(split(' ')(part)) == fieldsOf(part, ' '));
    }
}

TEST_CASE("flatMap(split()) is the words of every line")
{
    std::vector<std::string> const lines{"to be", "", "or  not"};
    CHECK((rdd(lines, 2) | flatMap(split()) | collect()) == std::vector<std::string>{"to", "be", "or", "not"});
    CHECK((rdd(lines, 2) | flatMap(split(' ')) | collect()) == std::vector<std::string>{"to", "be", "", "or", "", "not"});
    static_assert(NodeOf<decltype(rdd(lines) | flatMap(split()))>::stable);
    static_assert(obeysPartitionLaw(flatMap(split()) | flatMap([](std::string_view s) { return std::optional{s.size()}; }),
                                    std::array{"to be"sv, ""sv, "or  not"sv}));
}
