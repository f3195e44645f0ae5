#include <sluice/codec/binary.hpp>
#include <sluice/codec/schema.hpp>

#include "../hex.hpp"
#include "shapes.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace sluice;
using namespace std::literals;

TEST_CASE("a schema is encoded the same by every compiler, and is a promise")
{
    struct Golden {
        Schema const& schema;
        char const* text;
        char const* bytes;
        std::uint64_t fingerprint;
    };
    Golden const all[] = {
        {schemaOf<bool>(), "bool", "01", 0xaf63bc4c8601b62c},
        {schemaOf<std::vector<std::pair<std::string, std::int64_t>>>(), "sequence of (text, int64)", "1115020d06", 0xb1fce8b80cf7bc9c},
        {schemaOf<std::map<char, std::optional<double>>>(), "map of char to optional float64", "1302100c", 0xdbae590d4dbde334},
        {schemaOf<std::variant<std::monostate, float, std::set<std::uint16_t>>>(), "variant of ({} or float32 or set of uint16)",
         "160317000b1208", 0x62708c5c02db6c94},
        {schemaOf<std::array<shapes::Colour, 3>>(), "array of 3 uint8", "140307", 0x4134ab18a6e68225},
        {schemaOf<std::pair<Time, std::chrono::milliseconds>>(), "(time, duration of 1/1000 s in int64)", "15020e0f01e80706",
         0xb9545de03624d0f5},
        {schemaOf<shapes::Plain>(), "{int32, text, optional array of 2 int16}", "1703050d10140204", 0x337da4d084cc51cb},
        {schemaOf<shapes::Named>(), "{name: text, amount: int64}", "1802046e616d650d06616d6f756e7406", 0x9780f3057211e199},
        {schemaOf<shapes::Tree>(), "{int32, sequence of the struct 0 up, optional the struct 0 up}", "170305111900101900",
         0xc9391f1c2cadc14d},
        {schemaOf<shapes::Celsius>(), "float64", "0c", 0xaf63c14c8601beab},
    };
    for (auto const& golden : all) {
        CAPTURE(golden.text);
        CHECK(golden.schema.toString() == golden.text);
        CHECK(hex(golden.schema.encoded()) == golden.bytes);
        CHECK(golden.schema.fingerprint() == golden.fingerprint);
        CHECK(Schema::decode(golden.schema.encoded()) == golden.schema);
    }
}

TEST_CASE("schemas differ where anything differs")
{
    Schema const all[] = {schemaOf<int>(),
                          schemaOf<unsigned>(),
                          schemaOf<std::array<int, 2>>(),
                          schemaOf<std::array<int, 3>>(),
                          schemaOf<std::vector<int>>(),
                          schemaOf<std::set<int>>(),
                          schemaOf<std::chrono::seconds>(),
                          schemaOf<std::chrono::milliseconds>(),
                          schemaOf<std::tuple<int, int>>(),
                          schemaOf<std::tuple<int, int, int>>(),
                          schemaOf<shapes::Named>(),
                          schemaOf<shapes::Renamed>(),
                          schemaOf<shapes::Plain>(),
                          schemaOf<shapes::Tree>()};
    for (auto const& a : all) {
        for (auto const& b : all) {
            CHECK((a == b) == (&a == &b));
            CHECK((a.fingerprint() == b.fingerprint()) == (&a == &b));
        }
    }
    CHECK(schemaOf<std::unordered_map<int, std::string_view>>() == schemaOf<std::map<int, std::string>>());
    CHECK(schemaOf<std::list<int>>() == schemaOf<std::vector<int>>());
    CHECK(schemaOf<std::shared_ptr<int>>() == schemaOf<std::optional<int>>());
}

TEST_CASE("bytes that are no schema are told so")
{
    std::pair<std::string, char const*> const wrong[] = {{"", "fewer bytes are left"},
                                                         {"\0"s, "no such kind"},
                                                         {"\x63", "no such kind"},
                                                         {"\x11", "more parts than bytes"},
                                                         {"\x06\x06", "at byte 1: there is more behind it"},
                                                         {"\x15\xff\xff\x03", "it has more parts than bytes are left"},
                                                         {"\x16\0"s, "no alternatives"},
                                                         {"\x0f\x01\0\x06"s, "no period"},
                                                         {"\x0f\x01\x01\x0d", "counts no numbers"},
                                                         {"\x19\0"s, "no struct around it"},
                                                         {"\x18\x01\x05"
                                                          "a",
                                                          "longer than what is left"},
                                                         {std::string(200, '\x11'), "deeper than 100 levels"}};
    for (auto const& [bytes, part] : wrong)
        CHECK_THROWS_WITH_AS(static_cast<void>(Schema::decode(bytes)), doctest::Contains(part), CodecError);
}

TEST_CASE("several schemas stand one behind another")
{
    std::string bytes;
    {
        BinaryWriter writer{bytes};
        schemaOf<shapes::Tree>().encode(writer);
        schemaOf<int>().encode(writer);
    }
    BinaryReader reader{bytes};
    CHECK(Schema::decode(reader) == schemaOf<shapes::Tree>());
    CHECK(Schema::decode(reader) == schemaOf<int>());
    CHECK(reader.left() == 0);
}

// ---- what may change between writing and reading ---------------------------------------------------------------------------

namespace {

namespace v1 {

struct Position {
    BOOST_HANA_DEFINE_STRUCT(Position, (float, x), (float, y));
};
struct Order {
    BOOST_HANA_DEFINE_STRUCT(Order, (std::int32_t, id), (std::string, customer), (std::int64_t, amount), (std::vector<Position>, path));
};
struct Point {
    std::int32_t x;
    std::int32_t y;
};
struct Tree {
    std::int32_t value;
    std::vector<Tree> children;
};
struct NamedTree {
    BOOST_HANA_DEFINE_STRUCT(NamedTree, (std::string, note), (std::int32_t, value), (std::vector<NamedTree>, children));
};

}  // namespace v1
namespace v2 {

struct Position {
    BOOST_HANA_DEFINE_STRUCT(Position, (double, y), (double, x));  // other places, widened
    double height = 10;                                            // not a member for Hana
};
struct Order {  // id widened, customer optional, amount renamed, priority added
    BOOST_HANA_DEFINE_STRUCT(Order, (std::vector<Position>, path), (std::int64_t, id), (std::optional<std::string>, customer),
                             (std::int64_t, total), (std::int32_t, priority));
    Order() : priority(5) {}
};
struct Removed {
    BOOST_HANA_DEFINE_STRUCT(Removed, (std::int64_t, amount));
};
struct Narrow {
    BOOST_HANA_DEFINE_STRUCT(Narrow, (std::int8_t, amount));
};
struct Point {
    std::int64_t x;
    std::int16_t y;
    std::string label = "new";
};
struct NamedPoint {
    BOOST_HANA_DEFINE_STRUCT(NamedPoint, (std::int32_t, abscissa), (std::int32_t, ordinate));
};
struct Tree {
    std::int64_t value = 0;
    std::deque<Tree> children{};
    bool isNew = true;
};
struct NamedTree {
    BOOST_HANA_DEFINE_STRUCT(NamedTree, (std::vector<NamedTree>, children), (std::int64_t, value));
};

}  // namespace v2

std::string wrong(auto&& f)
{
    try {
        f();
    } catch (CodecError const& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// What is read as a To of what was written as a From, through the bytes of both the value and its schema.
template <class To, class From>
Owned<To> reread(From const& value)
{
    return Decoder<To>{Schema::decode(schemaOf<From>().encoded())}(encode(value));
}
template <class To, class From>
std::string refusal()
{
    return wrong([] { Decoder<To>{schemaOf<From>()}; });
}

}  // namespace

template <>
struct sluice::FormerNames<v2::Order> {
    static constexpr FormerName all[] = {{.now = "total", .before = "sum"}, {.now = "total", .before = "amount"}};
};

TEST_CASE("members with names: added, removed, renamed, in other places, widened, made optional, nested")
{
    std::vector<v1::Order> const written{{1, "ann", -300, {{1.5F, 2.5F}, {3, 4}}}, {2, "", 7, {}}};
    auto const read = reread<std::vector<v2::Order>>(written);
    REQUIRE(read.size() == 2);
    CHECK((read[0].id == 1 && read[0].customer == "ann" && read[0].total == -300 && read[0].priority == 5));
    REQUIRE(read[0].path.size() == 2);
    CHECK((read[0].path[0].x == 1.5 && read[0].path[0].y == 2.5 && read[0].path[0].height == 10 && read[0].path[1].y == 4));
    CHECK((read[1].id == 2 && read[1].customer == "" && read[1].total == 7 && read[1].path.empty()));
    CHECK(reread<v2::Removed>(written[0]).amount == -300);
    // And further within.
    std::map<std::string, std::optional<v1::Order>> const byName{{"a", written[0]}, {"b", std::nullopt}};
    auto const all = reread<std::unordered_map<std::string, std::optional<v2::Order>>>(byName);
    CHECK((all.at("a")->total == -300 && !all.at("b")));
}

TEST_CASE("members by position: added at the end, with names given to them; nothing else")
{
    auto const point = reread<v2::Point>(v1::Point{-1, 2});
    CHECK((point.x == -1 && point.y == 2 && point.label == "new"));
    auto const named = reread<v2::NamedPoint>(v1::Point{-1, 2});
    CHECK((named.abscissa == -1 && named.ordinate == 2));
    CHECK(
        refusal<v1::Point, v2::Point>() ==
        "sluice::decode: the value was written as {int64, int16, text}, and cannot be read as {int32, int32}: members that are told by "
        "their "
        "position can only be added, at the end: adapt it to Boost.Hana before it changes otherwise; written: {int64, int16, text}; read: "
        "{int32, int32}");
    CHECK(refusal<v1::Point, v2::NamedPoint>().find("its members had names, and must keep them") != std::string::npos);
}

TEST_CASE("numbers: every value that fits, and an error that names the member and both kinds")
{
    CHECK(reread<std::int64_t>(std::int32_t{-5}) == -5);
    CHECK(reread<std::uint64_t>(std::uint8_t{255}) == 255);
    CHECK(reread<std::int64_t>(std::uint32_t{4'000'000'000}) == 4'000'000'000);
    CHECK(reread<std::int8_t>(std::int64_t{-128}) == -128);
    CHECK(reread<std::uint64_t>(std::int64_t{1}) == 1);
    CHECK(reread<double>(0.1F) == 0.1F);
    CHECK(reread<float>(0.1) == 0.1F);
    CHECK(reread<double>(std::int32_t{-7}) == -7);
    CHECK(reread<float>(std::uint16_t{65535}) == 65535);
    CHECK(reread<float>(std::numeric_limits<double>::infinity()) == std::numeric_limits<float>::infinity());
    CHECK(std::isnan(reread<float>(std::numeric_limits<double>::quiet_NaN())));
    auto const fails = []<class To>(std::type_identity<To>, auto value) { return wrong([&] { static_cast<void>(reread<To>(value)); }); };
    CHECK(fails(std::type_identity<std::int8_t>{}, std::int64_t{128}) ==
          "sluice::decode: the value at byte 0: the number that was written as int64 does not fit into int8; reading int64");
    CHECK(fails(std::type_identity<std::uint64_t>{}, std::int8_t{-1}).find("does not fit into uint64") != std::string::npos);
    CHECK(fails(std::type_identity<std::int64_t>{}, ~std::uint64_t{0}).find("does not fit into int64") != std::string::npos);
    CHECK(fails(std::type_identity<float>{}, 1e39).find("does not fit into float32") != std::string::npos);
    CHECK(fails(std::type_identity<std::vector<v2::Narrow>>{}, std::vector<v1::Order>{{1, "a", 1, {}}, {2, "b", 300, {}}})
              .find("sluice::decode: [1].amount at byte ") == 0);
    CHECK(refusal<std::int64_t, double>().find("not all of its values are values of that") != std::string::npos);
    CHECK(refusal<double, std::int64_t>().find("cannot be read as float64") != std::string::npos);
    CHECK(refusal<float, std::int32_t>().find("cannot be read as float32") != std::string::npos);
}

TEST_CASE("durations: finer periods; times stay what they are")
{
    using namespace std::chrono;
    CHECK(reread<milliseconds>(seconds{-3}) == -3000ms);
    CHECK(reread<duration<std::int16_t>>(minutes{2}).count() == 120);
    CHECK(reread<duration<double>>(duration<float, std::ratio<60>>{2}).count() == 120);
    CHECK(wrong([] { static_cast<void>(reread<nanoseconds>(hours::max())); }).find("does not fit into int64") != std::string::npos);
    CHECK(wrong([] { static_cast<void>(reread<nanoseconds>(hours::min())); }).find("does not fit into int64") != std::string::npos);
    CHECK(refusal<seconds, milliseconds>().find("its period is no whole number of the other") != std::string::npos);
    CHECK(refusal<milliseconds, std::int64_t>().find("was written as int64, and cannot be read as duration") != std::string::npos);
    CHECK(reread<std::optional<Time>>(Time{1s}) == Time{1s});
}

TEST_CASE("what may be absent, alternatives, containers")
{
    CHECK(reread<std::optional<std::int64_t>>(std::int32_t{4}) == 4);
    CHECK(*reread<std::unique_ptr<std::string>>(std::optional{"a"s}) == "a");
    CHECK(refusal<std::int32_t, std::optional<std::int32_t>>().find("was written as optional int32, and cannot be read as int32") !=
          std::string::npos);
    using Two = std::variant<std::int32_t, std::string>;
    using Three = std::variant<std::int64_t, std::string, bool>;
    CHECK(reread<std::vector<Three>>(std::vector<Two>{1, "b"}) == std::vector<Three>{std::int64_t{1}, "b"});
    CHECK(refusal<Two, Three>().find("alternatives can only be added, at the end") != std::string::npos);
    CHECK(reread<std::deque<std::int64_t>>(std::list<std::int16_t>{1, -2}) == std::deque<std::int64_t>{1, -2});
    CHECK(reread<std::map<std::int64_t, std::string>>(std::unordered_map<std::int32_t, std::string_view>{{1, "a"}}) ==
          std::map<std::int64_t, std::string>{{1, "a"}});
    CHECK(reread<std::array<std::int64_t, 2>>(std::array<std::int8_t, 2>{1, 2}) == std::array<std::int64_t, 2>{1, 2});
    CHECK(reread<std::set<std::int64_t>>(std::unordered_set<std::uint8_t>{1, 2}) == std::set<std::int64_t>{1, 2});
    CHECK(reread<std::vector<std::optional<shapes::Empty>>>(std::vector<shapes::Empty>(3)).size() == 3);
    CHECK(reread<std::tuple<std::int64_t, std::string>>(std::pair{std::int8_t{1}, "a"sv}) == std::tuple{std::int64_t{1}, "a"s});
    CHECK(refusal<std::array<int, 2>, std::array<int, 3>>().find("the lengths differ") != std::string::npos);
    CHECK(refusal<std::tuple<int>, std::tuple<int, int>>().find("the numbers of elements differ") != std::string::npos);
    CHECK(refusal<std::vector<int>, std::set<int>>().find("was written as set of int32, and cannot be read as sequence of int32") !=
          std::string::npos);
    CHECK(refusal<std::map<std::string, std::vector<int>>, std::map<std::string, std::vector<std::string>>>() ==
          "sluice::decode: [].value[] was written as text, and cannot be read as int32; written: map of text to sequence of text; read: "
          "map of "
          "text to sequence of int32");
}

TEST_CASE("trees change on all of their levels, and what was removed is passed over on all of them")
{
    v1::Tree const tree{1, {{2, {{3, {}}}}, {4, {}}}};
    auto const read = reread<v2::Tree>(tree);
    CHECK((read.value == 1 && read.isNew && read.children.size() == 2));
    CHECK((read.children[0].children[0].value == 3 && read.children[0].children[0].isNew && read.children[1].value == 4));

    v1::NamedTree const named{"a", 1, {{"long note", 2, {{"", 3, {}}}}, {"b", 4, {}}}};
    auto const other = reread<v2::NamedTree>(named);
    CHECK((other.value == 1 && other.children[0].children[0].value == 3 && other.children[1].value == 4));
}

TEST_CASE("values are read one behind another, also where they are converted, and bytes that are wrong are told of in both")
{
    auto const bytes = encode(v1::Point{1, 2}) + encode(v1::Point{3, 4}) + "\1";
    Decoder<v2::Point> decoder{schemaOf<v1::Point>()};
    CHECK(decoder.converts());
    CHECK(decoder.written() == schemaOf<v1::Point>());
    BinaryReader reader{bytes};
    CHECK(decoder(reader).y == 2);
    CHECK(decoder(reader).x == 3);
    CHECK(wrong([&] { static_cast<void>(decoder(reader)); }) ==
          "sluice::decode: .0 at byte 16: fewer bytes are left than a number takes; reading {int32, int32}");
    CHECK(wrong([&] { static_cast<void>(decoder(bytes)); }) ==
          "sluice::decode: at byte 8 the value has ended, and 9 bytes are left; reading {int32, int32}");
    CHECK(wrong([] {
              static_cast<void>(
                  Decoder<std::vector<std::int64_t>>{schemaOf<std::vector<std::int32_t>>()}("\xff\xff\x03"
                                                                                            "abcd"));
          }) ==
          "sluice::decode: the value at byte 0: it has more elements than the bytes that are left can hold; reading sequence of int32");
}
