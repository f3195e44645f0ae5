#include <sluice/codec/text.hpp>

#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <doctest/doctest.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using namespace std::literals;
using sluice::textOf;
using sluice::Textual;

namespace town {

template <class T>
struct Simple {
    T value;
    struct Inner {
        T value;
    };
};
struct Tree {
    int x;
    std::vector<Tree> children;
};
struct HoldsPointer {
    int* to;
};

struct Reading {
    std::string place;
    double degrees;
    std::optional<int> wind;
};

struct Nothing {};

struct Tag {
    char bytes[4];
};

template <class T>
struct Box {
    BOOST_HANA_DEFINE_STRUCT(Box, (T, value));
};

struct Outer {
    struct Inner {
        BOOST_HANA_DEFINE_STRUCT(Inner, (int, a), (std::vector<int>, more));
    };
};

struct Pointing {
    BOOST_HANA_DEFINE_STRUCT(Pointing, (int*, to));
};

enum class Colour : std::uint8_t { red, green = 200 };
enum class Letter : char { a = 'a' };
enum class Flag : bool { off, on };
enum Plain { first = -1 };
enum class Wide : std::uint64_t { all = ~std::uint64_t{0} };

struct Celsius {
    int degrees;
};

struct Secret {
    BOOST_HANA_DEFINE_STRUCT(Secret, (std::string, word));
};

// A text by conversion, as many string classes of others have.
struct Name {
    operator std::string_view() const { return "name"; }
};

}  // namespace town

namespace {

struct Hidden {
    BOOST_HANA_DEFINE_STRUCT(Hidden, (int, a));
};

// A sentinel of another type than the iterator, and elements made on the way.
struct CountDown {
    struct Iterator {
        using value_type = int;
        using difference_type = std::ptrdiff_t;
        int left;
        int operator*() const { return left; }
        Iterator& operator++()
        {
            --left;
            return *this;
        }
        void operator++(int) { --left; }
        bool operator==(std::default_sentinel_t) const { return left == 0; }
    };
    int from;
    [[nodiscard]] Iterator begin() const { return {from}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }
};

}  // namespace

BOOST_HANA_ADAPT_STRUCT(town::Reading, place, degrees, wind);
BOOST_HANA_ADAPT_STRUCT(town::Nothing);
BOOST_HANA_ADAPT_STRUCT(town::Tag, bytes);

template <>
struct sluice::TextOf<town::Celsius> {
    static void append(std::string& out, town::Celsius const& c)
    {
        appendText(out, c.degrees);
        out += " C";
    }
};

template <>
struct sluice::TextOf<town::Secret> {
    static void append(std::string& out, town::Secret const&) { out += "***"; }
};

namespace {

template <class T>
T readBack(std::string const& written)
{
    T value{};
    auto const [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
    CHECK(error == std::errc{});
    CHECK(end == written.data() + written.size());
    return value;
}

}  // namespace

TEST_CASE("strings are their bytes, whatever holds them")
{
    CHECK(textOf("to be"s) == "to be");
    CHECK(textOf("or not"sv) == "or not");
    CHECK(textOf("literal") == "literal");
    CHECK(textOf(""s).empty());
    CHECK(textOf(std::string_view{}).empty());
    CHECK(textOf("a\0b\xff\n"s) == "a\0b\xff\n"s);
    CHECK(textOf(town::Name{}) == "name");

    char const* pointer = "pointer";
    CHECK(textOf(pointer) == "pointer");
    pointer = nullptr;
    CHECK(textOf(pointer) == "null");

    char const full[4] = {'f', 'u', 'l', 'l'};  // no zero at the end
    CHECK(textOf(full) == "full");
    CHECK(textOf(town::Tag{{'a', 'b', '\0', 'c'}}) == "Tag(ab)");
}

TEST_CASE("integers are numbers, up to both ends of each type; char alone is a character")
{
    CHECK(textOf(0) == "0");
    CHECK(textOf(-7) == "-7");
    CHECK(textOf(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(textOf(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
    CHECK(textOf(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(textOf(std::numeric_limits<std::int32_t>::min()) == "-2147483648");
    CHECK(textOf(std::numeric_limits<std::int16_t>::min()) == "-32768");
    CHECK(textOf(std::int8_t{-128}) == "-128");
    CHECK(textOf(std::uint8_t{65}) == "65");
    CHECK(textOf('A') == "A");
    CHECK(textOf('\0') == "\0"s);
    CHECK(textOf(true) == "true");
    CHECK(textOf(false) == "false");
}

TEST_CASE("an enum is its number, whatever it is made of")
{
    CHECK(textOf(town::Colour::green) == "200");
    CHECK(textOf(town::Letter::a) == "97");
    CHECK(textOf(town::Flag::on) == "1");
    CHECK(textOf(town::first) == "-1");
    CHECK(textOf(town::Wide::all) == "18446744073709551615");
    CHECK(textOf(std::byte{255}) == "255");
}

TEST_CASE("floating point is as short as it can be, and shows that it is no integer")
{
    CHECK(textOf(0.0) == "0.0");
    CHECK(textOf(-0.0) == "-0.0");
    CHECK(textOf(1.0) == "1.0");
    CHECK(textOf(-3.0f) == "-3.0");
    CHECK(textOf(0.1) == "0.1");
    CHECK(textOf(0.1f) == "0.1");
    CHECK(textOf(1.0 / 3) == "0.3333333333333333");
    CHECK(textOf(2.5L) == "2.5");
    CHECK(textOf(123456.75) == "123456.75");

    SUBCASE("whole numbers keep their digits as long as people read them as numbers")
    {
        CHECK(textOf(100000.0) == "100000.0");
        CHECK(textOf(1e6f) == "1000000.0");
        CHECK(textOf(-1e15) == "-1000000000000000.0");
        CHECK(textOf(9007199254740993.0) == "9007199254740992.0");
        CHECK(textOf(9223372036854775808.0) == "9223372036854775808.0");
        CHECK(textOf(1e16) == "1e+16");
        CHECK(textOf(1e22) == "1e+22");
    }
    SUBCASE("the ends of each type read back as the same number")
    {
        CHECK(textOf(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
        CHECK(textOf(std::numeric_limits<double>::min()) == "2.2250738585072014e-308");
        CHECK(textOf(std::numeric_limits<double>::denorm_min()) == "5e-324");
        CHECK(textOf(std::numeric_limits<float>::max()) == "3.4028235e+38");
        CHECK(textOf(-std::numeric_limits<float>::denorm_min()) == "-1e-45");
        for (double const x : {0.1, -1e-5, 1e16 - 2, 1e300, 4.9e-310, 0x1.fffffffffffffp+52, 123456789.125}) {
            CHECK(readBack<double>(textOf(x)) == x);
        }
        for (auto const x : {std::numeric_limits<long double>::max(), std::numeric_limits<long double>::lowest(),
                             std::numeric_limits<long double>::min(), 1e15L, 0.1L}) {
            CHECK(readBack<long double>(textOf(x)) == x);
        }
    }
    SUBCASE("what is no number has a name")
    {
        CHECK(textOf(std::numeric_limits<double>::infinity()) == "Infinity");
        CHECK(textOf(-std::numeric_limits<float>::infinity()) == "-Infinity");
        CHECK(textOf(std::numeric_limits<double>::quiet_NaN()) == "NaN");
        CHECK(textOf(-std::numeric_limits<long double>::quiet_NaN()) == "NaN");
    }
}

TEST_CASE("pairs and tuples stand in parentheses, at any depth")
{
    CHECK(textOf(std::pair{"word"sv, 3}) == "(word,3)");
    CHECK(textOf(std::tuple{1, 2.0, 'c', false}) == "(1,2.0,c,false)");
    CHECK(textOf(std::tuple<>{}) == "()");
    CHECK(textOf(std::tuple{1}) == "(1)");
    CHECK(textOf(std::pair{std::tuple{1, std::pair{2, 3}}, std::tuple<>{}}) == "((1,(2,3)),())");

    int a = 1;
    std::string b = "b";
    CHECK(textOf(std::tie(a, b)) == "(1,b)");
}

TEST_CASE("an optional is Some or None")
{
    CHECK(textOf(std::optional{5}) == "Some(5)");
    CHECK(textOf(std::optional<int>{}) == "None");
    CHECK(textOf(std::optional{std::pair{"k"s, 1.0}}) == "Some((k,1.0))");
    CHECK(textOf(std::optional<std::optional<int>>{std::in_place}) == "Some(None)");
    CHECK(textOf(std::pair{1, std::optional<std::string>{}}) == "(1,None)");
}

TEST_CASE("a range is a list, whatever kind of range it is")
{
    CHECK(textOf(std::vector{1, 2, 3}) == "[1, 2, 3]");
    CHECK(textOf(std::vector<int>{}) == "[]");
    CHECK(textOf(std::vector{true, false}) == "[true, false]");
    CHECK(textOf(std::list{"a"s, "b"s}) == "[a, b]");
    CHECK(textOf(std::array{0.5, 1.0}) == "[0.5, 1.0]");
    CHECK(textOf(std::set{'a', 'b'}) == "[a, b]");
    CHECK(textOf(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == "[(a,1), (b,2)]");
    CHECK(textOf(std::vector<std::vector<int>>{{1}, {}, {2, 3}}) == "[[1], [], [2, 3]]");
    CHECK(textOf(CountDown{3}) == "[3, 2, 1]");

    int const numbers[] = {1, 2};
    CHECK(textOf(numbers) == "[1, 2]");
    CHECK(textOf(std::span{numbers}) == "[1, 2]");
    CHECK(textOf(std::pair{"k"sv, std::vector{std::optional{1}, std::optional<int>{}}}) == "(k,[Some(1), None])");
}

TEST_CASE("a struct adapted to Hana has its name, without what it lies in, and its fields")
{
    CHECK(textOf(town::Reading{"Oslo", -4.0, 7}) == "Reading(Oslo,-4.0,Some(7))");
    CHECK(textOf(town::Nothing{}) == "Nothing()");
    CHECK(textOf(town::Box<std::pair<int, town::Colour>>{{1, town::Colour::red}}) == "Box((1,0))");
    CHECK(textOf(town::Box<town::Box<int>>{{2}}) == "Box(Box(2))");
    CHECK(textOf(town::Outer::Inner{1, {2, 3}}) == "Inner(1,[2, 3])");
    CHECK(textOf(Hidden{4}) == "Hidden(4)");

    struct Local {
        BOOST_HANA_DEFINE_STRUCT(Local, (int, a));
    };
    CHECK(textOf(Local{5}) == "Local(5)");

    auto const inLambda = [](auto x) {
        struct Deep {
            BOOST_HANA_DEFINE_STRUCT(Deep, (decltype(x), a));
        };
        return textOf(Deep{x});
    };
    CHECK(inLambda(6) == "Deep(6)");
    CHECK(inLambda(std::vector{town::Letter::a}) == "Deep([97])");
}

TEST_CASE("a plain struct has its name and its members")
{
    struct Hit {
        std::string_view url;
        int status;
    };
    struct Visit {
        std::optional<Hit> hit;
        char name[8];
        int numbers[2];
        std::vector<Hit> more;
    };
    CHECK(textOf(Hit{"/index", 200}) == "Hit(/index,200)");
    CHECK(textOf(Visit{Hit{"/", 1}, "name", {1, 2}, {{"/a", 2}}}) == "Visit(Some(Hit(/,1)),name,[1, 2],[Hit(/a,2)])");
    CHECK(textOf(town::Simple<int>::Inner{7}) == "Inner(7)");
    CHECK(textOf(town::Simple<std::pair<int, town::Colour>>{{1, town::Colour::red}}) == "Simple((1,0))");
    CHECK(textOf(town::Tree{1, {{2, {}}}}) == "Tree(1,[Tree(2,[])])");
    struct {
        int a;
    } const unnamed{1};
    CHECK(textOf(unnamed) == "(1)");
    static_assert(!Textual<town::HoldsPointer>);
}

TEST_CASE("a text of the user's own wins over every other form")
{
    CHECK(textOf(town::Celsius{21}) == "21 C");
    CHECK(textOf(std::vector{town::Celsius{1}, town::Celsius{2}}) == "[1 C, 2 C]");
    CHECK(textOf(std::optional{std::pair{"a"s, town::Celsius{3}}}) == "Some((a,3 C))");
    CHECK(textOf(town::Secret{"word"}) == "***");
}

TEST_CASE("appendText leaves what stands before it")
{
    std::string out = "lines: ";
    sluice::appendText(out, 1);
    out += '\n';
    sluice::appendText(out, std::pair{"b"sv, 2});
    CHECK(out == "lines: 1\n(b,2)");
}

TEST_CASE("what has no text is known while compiling")
{
    static_assert(Textual<int const&> && Textual<std::string_view> && Textual<char const*>);
    static_assert(Textual<town::Reading> && Textual<std::vector<town::Celsius>>);
    static_assert(!Textual<int*> && !Textual<void const*> && !Textual<std::nullptr_t>);
    static_assert(!Textual<std::unique_ptr<int>> && !Textual<std::variant<int>>);
    static_assert(!Textual<char8_t> && !Textual<wchar_t> && !Textual<std::u32string>);
    static_assert(!Textual<std::pair<int, int*>> && !Textual<std::optional<void*>>);
    static_assert(!Textual<std::vector<int*>> && !Textual<town::Pointing>);
    static_assert(!Textual<std::filesystem::path> && !Textual<void>);
    CHECK(Textual<std::tuple<int, std::vector<std::optional<double>>>>);
}
