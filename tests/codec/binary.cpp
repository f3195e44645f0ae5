#include <sluice/codec/binary.hpp>

#include "../hex.hpp"
#include "shapes.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <limits>
#include <new>
#include <span>

using namespace sluice;
using namespace std::literals;
using namespace shapes;

namespace {

/// xorshift64*, S. Vigna 2016: the same on every machine.
struct Random {
    std::uint64_t state;
    std::uint64_t operator()()
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545f4914f6cdd1dULL;
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>((*this)() >> 20) % n; }
};

template <class T>
inline constexpr bool isOptional = false;
template <class T>
inline constexpr bool isOptional<std::optional<T>> = true;

/// A value of any type that the tests use, small and large ones, at random.
template <class T>
T random(Random& r, int depth = 0)
{
    auto const size = [&] { return r.below(static_cast<std::size_t>(depth > 2 ? 2 : 5)); };
    if constexpr (std::is_same_v<T, bool>) {
        return r.below(2) == 1;
    } else if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(r() >> r.below(64));
    } else if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(static_cast<double>(r() >> 11) * 0x1p-50 - 1.0);
    } else if constexpr (std::is_same_v<T, Colour>) {
        return r.below(2) == 1 ? Colour::red : Colour::blue;
    } else if constexpr (std::is_same_v<T, Time>) {
        return Time{Duration{static_cast<std::int64_t>(r())}};
    } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
        return std::chrono::milliseconds{static_cast<std::int64_t>(r())};
    } else if constexpr (std::is_same_v<T, std::string>) {
        std::string text(r.below(4) == 0 ? r.below(300) : r.below(20), ' ');
        for (auto& c : text) c = static_cast<char>(r());
        return text;
    } else if constexpr (std::is_same_v<T, Plain>) {
        return {random<std::int32_t>(r), random<std::string>(r), random<std::optional<std::array<std::int16_t, 2>>>(r)};
    } else if constexpr (std::is_same_v<T, Row>) {
        return {random<std::int64_t>(r), random<std::uint32_t>(r), random<std::uint32_t>(r)};
    } else if constexpr (std::is_same_v<T, Padded>) {
        return {random<std::int8_t>(r), random<std::int64_t>(r), {'a', '\0', random<char>(r)}, random<bool>(r)};
    } else if constexpr (std::is_same_v<T, Empty>) {
        return {};
    } else if constexpr (std::is_same_v<T, Named>) {
        return {random<std::string>(r), random<std::int64_t>(r)};
    } else if constexpr (std::is_same_v<T, Celsius>) {
        return Celsius{random<double>(r)};
    } else if constexpr (std::is_same_v<T, Path>) {
        return Path{random<std::vector<std::string>>(r)};
    } else if constexpr (std::is_same_v<T, Tree>) {
        Tree tree{random<std::int32_t>(r), {}, nullptr};
        for (auto n = depth > 3 ? 0 : r.below(3); n > 0; --n) tree.children.push_back(random<Tree>(r, depth + 1));
        if (depth < 4 && r.below(2) == 0) tree.next = std::make_unique<Tree>(random<Tree>(r, depth + 1));
        return tree;
    } else if constexpr (detail::isTuple<T>) {
        T all{};
        std::apply([&](auto&... one) { ((one = random<std::remove_reference_t<decltype(one)>>(r, depth + 1)), ...); }, all);
        return all;
    } else if constexpr (isOptional<T>) {
        return r.below(2) == 0 ? T{} : T{random<typename T::value_type>(r, depth + 1)};
    } else if constexpr (requires(T t) { t.valueless_by_exception(); }) {
        T one;
        auto const i = r.below(std::variant_size_v<T>);
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((i == I ? static_cast<void>(one.template emplace<I>(random<std::variant_alternative_t<I, T>>(r, depth + 1))) : void()), ...);
        }(std::make_index_sequence<std::variant_size_v<T>>{});
        return one;
    } else if constexpr (requires { typename T::mapped_type; }) {
        T all;
        for (auto n = size(); n > 0; --n)
            all.emplace(random<typename T::key_type>(r, depth + 1), random<typename T::mapped_type>(r, depth + 1));
        return all;
    } else if constexpr (requires(T t) { t.fill({}); }) {
        T all{};
        for (auto& one : all) one = random<typename T::value_type>(r, depth + 1);
        return all;
    } else {
        T all;
        for (auto n = size(); n > 0; --n) all.insert(all.end(), random<typename T::value_type>(r, depth + 1));
        return all;
    }
}

template <class... Ts, class F>
void forTypes(F&& f)
{
    (f(std::type_identity<Ts>{}), ...);
}

/// Types of every shape, within each other.
template <class F>
void forShapes(F&& f)
{
    forTypes<bool, char, std::int8_t, std::uint16_t, std::int32_t, std::uint64_t, float, double, Colour, Time, std::chrono::milliseconds,
             std::string, Plain, Row, Padded, Empty, Named, Celsius, Path, Tree, std::pair<std::string, std::int64_t>, std::tuple<>,
             std::tuple<bool, std::string, Named>, std::optional<Plain>, std::vector<bool>, std::vector<double>, std::vector<Row>,
             std::vector<Padded>, std::vector<Empty>, std::vector<std::string>, std::vector<std::vector<std::uint16_t>>,
             std::deque<std::pair<std::string, double>>, std::list<Plain>, std::set<std::string>, std::set<Empty>,
             std::unordered_set<std::int32_t>, std::multiset<std::int16_t>, std::map<std::string, std::vector<Named>>,
             std::map<Empty, Empty>, std::unordered_map<std::int64_t, std::optional<std::string>>, std::multimap<std::int8_t, std::string>,
             std::array<std::int64_t, 3>, std::array<std::string, 2>, std::variant<std::monostate, std::int32_t, std::string, Tree>,
             std::map<std::string, std::variant<Celsius, std::vector<Path>>>,
             std::optional<std::optional<std::vector<std::optional<bool>>>>,
             std::vector<std::tuple<std::optional<std::string>, Padded, std::deque<Row>>>>(std::forward<F>(f));
}

template <>
std::monostate random<std::monostate>(Random&, int)
{
    return {};
}

/// Whatever the bytes are: an error, or a value that takes as many bytes.
template <class T>
bool survives(std::string const& bytes)
{
    std::unique_ptr<char[]> const exact{new char[bytes.size()]};  // so that a sanitizer sees each byte beyond
    std::copy(bytes.begin(), bytes.end(), exact.get());
    try {
        return encode(decode<T>(std::string_view{exact.get(), bytes.size()})).size() == bytes.size();
    } catch (CodecError const& error) {
        return std::string_view{error.what()}.starts_with("sluice::decode: ") && error.offset() <= bytes.size();
    }
}

/// Counts what is allocated.
inline std::size_t allocated = 0;
template <class T>
struct Counting {
    using value_type = T;
    Counting() = default;
    template <class U>
    Counting(Counting<U> const&)
    {
    }
    T* allocate(std::size_t n)
    {
        allocated += n * sizeof(T);
        return std::allocator<T>{}.allocate(n);
    }
    void deallocate(T* p, std::size_t n) { std::allocator<T>{}.deallocate(p, n); }
    friend bool operator==(Counting, Counting) { return true; }
};

}  // namespace

TEST_CASE("the bytes of values are a promise")
{
    std::pair<std::string, char const*> const golden[] = {
        {encode(true), "01"},
        {encode('a'), "61"},
        {encode(std::int32_t{-2}), "feffffff"},
        {encode(std::uint64_t{1}), "0100000000000000"},
        {encode(1.5), "000000000000f83f"},
        {encode(-0.5F), "000000bf"},
        {encode(Colour::blue), "07"},
        {encode("abc"s), "03616263"},
        {encode("abc"sv), "03616263"},
        {encode(Time{1s}), "40420f0000000000"},
        {encode(std::chrono::milliseconds{1}), "0100000000000000"},
        {encode(std::pair{"a"s, std::int16_t{258}}), "01610201"},
        {encode(std::tuple<>{}), ""},
        {encode(std::vector<std::int16_t>{1, -1}), "020100ffff"},
        {encode(std::span<std::int16_t const>{std::array<std::int16_t, 1>{7}}), "010700"},
        {encode(std::vector<bool>{true, false}), "020100"},
        {encode(std::vector<Empty>(2)), "020000"},
        {encode(std::map<std::string, bool>{{"b", false}, {"a", true}}),
         "020161010162"
         "00"},
        {encode(std::set<char>{'b', 'a'}), "026162"},
        {encode(std::optional<char>{}), "00"},
        {encode(std::optional{'x'}), "0178"},
        {encode(std::make_unique<char>('x')), "0178"},
        {encode(std::variant<char, std::string>{"a"s}), "010161"},
        {encode(std::array<std::uint16_t, 2>{1, 2}), "01000200"},
        {encode(Plain{}), "07000000046e6f6e6500"},
        {encode(Row{1, 2, 3}), "01000000000000000200000003000000"},
        {encode(Padded{1, 2, {'a', 'b', 'c'}, true}),
         "010200000000000000"
         "61626301"},
        {encode(Named{"n", 1}), "016e0100000000000000"},
        {encode(Celsius{1.5}), "000000000000f83f"},
        {encode(std::vector<std::string>(128, "")), nullptr},
    };
    for (auto const& [bytes, text] : golden) {
        if (text != nullptr) CHECK(hex(bytes) == text);
        else CHECK(hex(bytes).starts_with("80010000"));
    }
    Tree tree{1, {}, nullptr};
    tree.children.push_back({2, {}, std::make_unique<Tree>(Tree{3, {}, nullptr})});
    CHECK(hex(encode(tree)) ==
          "01000000"
          "01"
          "02000000"
          "00"
          "01"
          "03000000"
          "00"
          "00"
          "00");
}

TEST_CASE("values of every shape come back as they were, at random")
{
    Random r{1};
    forShapes([&]<class T>(std::type_identity<T>) {
        for (int i = 0; i < 50; ++i) {
            auto const value = random<T>(r);
            auto const bytes = encode(value);
            auto const back = decode<T>(bytes);
            REQUIRE(back == value);
            Decoder<T> decoder{Schema::decode(schemaOf<T>().encoded())};
            CHECK(!decoder.converts());
            REQUIRE(decoder(bytes) == value);
        }
    });
}

TEST_CASE("a value is read in the place of any other one")
{
    Random r{2};
    forShapes([&]<class T>(std::type_identity<T>) {
        T place{};
        Decoder<T> decoder{schemaOf<T>()};
        for (int i = 0; i < 20; ++i) {
            auto const value = random<T>(r);
            auto const bytes = encode(value);
            BinaryReader reader{bytes};
            decoder.into(reader, place);
            REQUIRE(place == value);
        }
    });
}

TEST_CASE("bytes that are cut or changed anywhere are an error, or another value of their length")
{
    Random r{3};
    forShapes([&]<class T>(std::type_identity<T>) {
        CAPTURE(schemaOf<T>().toString());
        for (int i = 0; i < 4; ++i) {
            auto const bytes = encode(random<T>(r));
            if (bytes.size() > 400) continue;
            for (std::size_t n = 0; n < bytes.size(); ++n) REQUIRE_THROWS_AS(static_cast<void>(decode<T>(bytes.substr(0, n))), CodecError);
            REQUIRE_THROWS_AS(static_cast<void>(decode<T>(bytes + '\0')), CodecError);
            for (std::size_t n = 0; n < bytes.size(); ++n) {
                auto changed = bytes;
                for (unsigned const flip : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U, 255U}) {
                    changed[n] = static_cast<char>(static_cast<unsigned char>(bytes[n]) ^ flip);
                    REQUIRE(survives<T>(changed));
                }
            }
        }
    });
}

TEST_CASE("bytes at random are survived, with the type's own schema and with any other")
{
    Random r{4};
    std::vector<std::string> schemas;
    forShapes([&]<class T>(std::type_identity<T>) { schemas.push_back(schemaOf<T>().encoded()); });
    int converted = 0;
    forShapes([&]<class T>(std::type_identity<T>) {
        for (int i = 0; i < 200; ++i) {
            std::string bytes(r.below(60), ' ');
            for (auto& c : bytes) c = static_cast<char>(r.below(3) == 0 ? r() : r.below(4));
            REQUIRE(survives<T>(bytes));
            auto schema = schemas[r.below(schemas.size())];
            if (i % 2 == 0) schema[r.below(schema.size())] = static_cast<char>(r.below(28));
            try {
                Decoder<T> decoder{Schema::decode(schema)};
                converted += decoder.converts();
                static_cast<void>(decoder(bytes));
            } catch (CodecError const&) {
            }
        }
    });
    CHECK(converted > 100);
}

TEST_CASE("no more is allocated than the bytes can hold")
{
    using Text = std::basic_string<char, std::char_traits<char>, Counting<char>>;
    auto const allocates = []<class T>(std::type_identity<T>, std::string const& bytes) {
        allocated = 0;
        CHECK_THROWS_AS(static_cast<void>(decode<T>(bytes)), CodecError);
        return allocated;
    };
    std::string const huge = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + std::string(100, '\x7f');
    CHECK(allocates(std::type_identity<Text>{}, huge) == 0);
    CHECK(allocates(std::type_identity<std::vector<Text, Counting<Text>>>{}, huge) == 0);
    CHECK(allocates(std::type_identity<std::vector<std::int64_t, Counting<std::int64_t>>>{}, huge) == 0);
    CHECK(allocates(std::type_identity<std::deque<Empty, Counting<Empty>>>{}, huge) < 10'000);
    // A hundred elements are possible, and the second is none.
    CHECK(allocates(std::type_identity<std::vector<Text, Counting<Text>>>{}, "\x64\x00\x7f" + std::string(99, '\x7f')) <=
          101 * sizeof(Text));
    CHECK(allocates(std::type_identity<std::vector<std::pair<std::int64_t, Text>, Counting<std::pair<std::int64_t, Text>>>>{},
                    "\x64" + std::string(99, '\x7f')) == 0);
}

namespace {

struct Bush {
    std::vector<Bush, Counting<Bush>> twigs;
};

}  // namespace

TEST_CASE("trees are read up to 256 levels, and no deeper are written; a level that promises much allocates little")
{
    auto const chain = [](int levels) {
        Tree tree;
        for (auto* at = &tree; levels > 1; --levels) at = (at->next = std::make_unique<Tree>()).get();
        return tree;
    };
    auto const deepest = encode(chain(256));
    CHECK(decode<Tree>(deepest) == chain(256));
    CHECK_THROWS_WITH_AS(static_cast<void>(encode(chain(257))), doctest::Contains("more than 256 values of one type"), CodecError);
    std::string deeper;
    for (int i = 0; i < 100'000; ++i) deeper += "\0\0\0\0\0\1"s;
    CHECK_THROWS_WITH_AS(static_cast<void>(decode<Tree>(deeper)), doctest::Contains("more than 256 values of one type"), CodecError);
    CHECK_THROWS_WITH_AS(static_cast<void>(Decoder<std::tuple<int>>{schemaOf<std::tuple<int>>()}(deeper)),
                         doctest::Contains("bytes are left"), CodecError);

    allocated = 0;
    CHECK_THROWS_AS(static_cast<void>(decode<Bush>(std::string(100'000, '\x7f'))), CodecError);
    CHECK(allocated < 10'000);
}

TEST_CASE("errors name the member, the byte, what is wrong and the type")
{
    auto const told = []<class T>(std::type_identity<T>, std::string const& bytes) -> std::string {
        try {
            static_cast<void>(decode<T>(bytes));
        } catch (CodecError const& error) {
            return error.what();
        }
        return "nothing";
    };
    CHECK(told(std::type_identity<std::vector<std::pair<std::string, bool>>>{}, "\x02\1a\1\1b\2") ==
          "sluice::decode: [1].1 at byte 6: a bool is neither 0 nor 1; reading sequence of (text, bool)");
    CHECK(told(std::type_identity<std::map<std::string, Named>>{}, "\x01\1a\5nnnnn\1\2") ==
          "sluice::decode: [0].value.amount at byte 9: fewer bytes are left than a number takes; reading map of text to {name: text, "
          "amount: int64}");
    CHECK(told(std::type_identity<std::map<bool, bool>>{}, "\x02\1\1\1\1") ==
          "sluice::decode: the value at byte 3: a key stands there twice; reading map of bool to bool");
    CHECK(told(std::type_identity<std::variant<bool, char>>{}, "\x02") ==
          "sluice::decode: the value at byte 0: there is no such alternative; reading variant of (bool or char)");
    CHECK(told(std::type_identity<bool>{}, "\1\1\1") ==
          "sluice::decode: at byte 1 the value has ended, and 2 bytes are left; reading bool");
    CHECK(told(std::type_identity<std::optional<bool>>{}, "\2\1") ==
          "sluice::decode: the value at byte 0: an optional is neither there nor not; reading optional bool");
    CHECK(told(std::type_identity<std::string>{}, "\5ab") ==
          "sluice::decode: the value at byte 0: a text is longer than what is left; reading text");
}

TEST_CASE("values stand one behind another, and what a function throws passes through")
{
    std::string bytes;
    {
        BinaryWriter writer{bytes};
        for (int i = 0; i < 100; ++i) encode(std::pair{std::string(static_cast<std::size_t>(i), 'x'), i}, writer);
    }
    BinaryReader reader{bytes};
    for (int i = 0; i < 100; ++i) {
        auto const [text, number] = decode<std::pair<std::string_view, int>>(reader);
        CHECK((text.size() == static_cast<std::size_t>(i) && number == i));
    }
    CHECK(reader.left() == 0);
    CHECK_THROWS_AS(static_cast<void>(decode<int>(reader)), CodecError);
}

namespace {

struct Fields {
    unsigned low : 3;
    unsigned high : 5;
};
struct ThrowsOnMove {
    ThrowsOnMove() = default;
    ThrowsOnMove(ThrowsOnMove&&) { throw 1; }
    ThrowsOnMove& operator=(ThrowsOnMove&&) = default;
};

}  // namespace

template <>
struct sluice::EncodedAs<ThrowsOnMove> {
    using type = int;
    static int to(ThrowsOnMove const&) { return 1; }
    static ThrowsOnMove from(int) { return {}; }
};

TEST_CASE("a bit field, and a variant without a value, are refused")
{
    CHECK_THROWS_AS(static_cast<void>(encode(Fields{1, 2})), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(decode<Fields>("12345678")), Unsupported);
    std::variant<int, ThrowsOnMove> valueless;
    CHECK_THROWS_AS(valueless.emplace<1>(ThrowsOnMove{}), int);
    CHECK_THROWS_WITH_AS(static_cast<void>(encode(valueless)), doctest::Contains("a variant has no value"), CodecError);
}
