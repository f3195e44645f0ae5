#include <sluice/codec/parse.hpp>
#include <sluice/codec/text.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/dead_letters.hpp>

#include <doctest/doctest.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>

using namespace sluice;
using namespace std::literals;

namespace {

/// As the standard has it, of a whole text.
template <class T>
std::optional<T> slowly(std::string_view text)
{
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    if (std::is_unsigned_v<T> && text.starts_with('-')) {  // minus nothing is nothing
        text.remove_prefix(1);
        if (text.empty() || text.find_first_not_of('0') != text.npos) return std::nullopt;
    }
    T value{};
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

template <class T>
void check(std::string const& text)
{
    CAPTURE(text);
    auto const found = tryParse<T>()(text);
    auto const expected = slowly<T>(text);
    REQUIRE(found.has_value() == expected.has_value());
    if (found) REQUIRE((std::memcmp(&*found, &*expected, sizeof(T) < 10 ? sizeof(T) : 10) == 0 || *found != *found));
    if (found) {
        auto const thrown = parse<T>()(text);
        REQUIRE((thrown == *found || thrown != thrown));
    } else {
        REQUIRE_THROWS_AS(parse<T>()(text), InvalidArgument);
    }
}

void checkIntegers(std::string const& text)
{
    check<std::int8_t>(text);
    check<std::uint8_t>(text);
    check<std::int16_t>(text);
    check<std::int32_t>(text);
    check<std::uint32_t>(text);
    check<std::int64_t>(text);
    check<std::uint64_t>(text);
}

void checkFloats(std::string const& text)
{
    check<float>(text);
    check<double>(text);
    check<long double>(text);
}

static_assert(parse<int>()("-12") == -12);
static_assert(parse<unsigned>()("+4294967295") == 4294967295U);
static_assert(tryParse<int>()("12x") == std::nullopt);
static_assert(noexcept(tryParse<int>()("1")));

}  // namespace

TEST_CASE("integers are read as the standard reads them, of each length")
{
    std::mt19937_64 random{1};
    for (std::size_t size = 0; size < 24; ++size) {
        for (int round = 0; round < 200; ++round) {
            std::string digits(size, '0');
            for (char& c : digits) c = static_cast<char>('0' + random() % 10);
            if (size > 0 && round % 4 == 1) digits[random() % size] = "/:x -+.\xb0\0"[random() % 9];
            for (auto const* const sign : {"", "-", "+"}) checkIntegers(sign + digits);
        }
    }
    for (auto const* const text : {"",
                                   "-",
                                   "+",
                                   "--1",
                                   "+-1",
                                   "-+1",
                                   " 1",
                                   "1 ",
                                   "1\r",
                                   "0x1",
                                   "1.",
                                   "-0",
                                   "+0",
                                   "00000000000000000000000001",
                                   "127",
                                   "128",
                                   "-128",
                                   "-129",
                                   "255",
                                   "256",
                                   "2147483647",
                                   "2147483648",
                                   "-2147483648",
                                   "-2147483649",
                                   "4294967295",
                                   "4294967296",
                                   "9223372036854775807",
                                   "9223372036854775808",
                                   "-9223372036854775808",
                                   "-9223372036854775809",
                                   "18446744073709551615",
                                   "18446744073709551616",
                                   "99999999999999999999"}) {
        checkIntegers(text);
    }
}

TEST_CASE("floating point is read as the standard reads it, to the last bit")
{
    std::mt19937_64 random{2};
    for (int round = 0; round < 30'000; ++round) {
        auto text = std::to_string(random() >> (random() % 64));
        if (random() % 4 != 0) text.insert(random() % (text.size() + 1), ".");
        if (random() % 4 == 0) text += "e" + std::to_string(static_cast<int>(random() % 700) - 350);
        if (random() % 3 == 0) text.insert(0, random() % 2 == 0 ? "-" : "+");
        if (random() % 16 == 0) text[random() % text.size()] = " x-"[random() % 3];
        checkFloats(text);
    }
    for (auto const* const text : {"",
                                   ".",
                                   "-",
                                   "+",
                                   "-.",
                                   "1.",
                                   ".5",
                                   "-.5",
                                   "+.5",
                                   "+-1",
                                   "e5",
                                   "1e",
                                   "1e5",
                                   "1E5",
                                   "0",
                                   "-0",
                                   "0.0",
                                   "9007199254740993",
                                   "9007199254740992",
                                   "9007199254740991",
                                   "9007199254740993.0",
                                   "0.1",
                                   "0.3",
                                   "1e23",
                                   "0.000000000000000000000001",
                                   "123456789012345678901234567890",
                                   "1e400",
                                   "1e-400",
                                   "inf",
                                   "-inf",
                                   "nan",
                                   "1,5",
                                   "1 ",
                                   " 1",
                                   "0x10",
                                   "1.5.2"}) {
        checkFloats(text);
    }
}

TEST_CASE("what textOf writes is read back")
{
    std::mt19937_64 random{3};
    for (int round = 0; round < 2'000; ++round) {
        auto const bits = random();
        double number;
        std::memcpy(&number, &bits, 8);
        if (number == number) CHECK(parse<double>()(textOf(number)) == number);
        auto const whole = static_cast<std::int64_t>(random());
        CHECK(parse<std::int64_t>()(textOf(whole)) == whole);
    }
    CHECK(parse<double>()(textOf(std::numeric_limits<double>::infinity())) == std::numeric_limits<double>::infinity());
    CHECK(std::isnan(parse<float>()(textOf(std::nanf("")))));
}

TEST_CASE("an error shows the text, of long ones the beginning")
{
    CHECK_THROWS_WITH_AS(parse<int>()("seven"), "sluice::parse: \"seven\" is no signed integer of 32 bits", InvalidArgument);
    CHECK_THROWS_WITH_AS(parse<std::uint8_t>()("256"), "sluice::parse: \"256\" is no unsigned integer of 8 bits", InvalidArgument);
    CHECK_THROWS_WITH_AS(parse<double>()(""), "sluice::parse: \"\" is no floating-point number of 64 bits", InvalidArgument);
    auto const shown = "sluice::parse: \"" + std::string(80, 'x') + "…\" is no signed integer of 32 bits";
    CHECK_THROWS_WITH_AS(parse<int>()(std::string(1000, 'x')), shown.c_str(), InvalidArgument);
}

TEST_CASE("in a pipeline what is no number fails the batch, becomes a letter, or is left out")
{
    std::vector<std::string_view> const fields{"1", "one", "-2"};
    CHECK_THROWS_WITH_AS(static_cast<void>(rdd(fields) | map(parse<int>()) | collect()),
                         doctest::Contains("sluice::parse: \"one\" is no signed integer of 32 bits"), StreamError);
    CHECK((rdd(fields) | flatMap(tryParse<int>()) | collect()) == std::vector{1, -2});

    IntervalClock clock{std::chrono::seconds{1}};
    auto [letters, failed] = deadLetters<std::string>(clock);
    CHECK((rdd(fields) | map(parse<int>(), letters) | collect()) == std::vector{1, -2});
    std::vector<std::string> seen;
    failed | foreachRDD([&](auto batch) { seen = batch | map([](auto const& letter) { return letter.record; }) | collect(); });
    clock.poll(Time{std::chrono::seconds{0}});
    clock.poll(Time{std::chrono::seconds{1}});
    CHECK(seen == std::vector{"one"s});
}
