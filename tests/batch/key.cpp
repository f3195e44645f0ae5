#include <sluice/batch/key.hpp>

#include "../verify.hpp"

#include <boost/hana/define_struct.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <memory>

using namespace sluice;
using namespace std::literals;

namespace {

enum class Colour : unsigned char { red, green = 200 };

struct Point {
    BOOST_HANA_DEFINE_STRUCT(Point, (int, x), (std::string, name));
};

struct Pointing {
    BOOST_HANA_DEFINE_STRUCT(Pointing, (int*, to));
};

/// A key of which only a part counts.
struct Account {
    std::string number;
    int opened;
};

class Opaque {
    [[maybe_unused]] int x_ = 0;
};

/// Plain structs: all members count.
struct Hit {
    std::string_view url;
    int status;
};
struct Visit {
    std::optional<Hit> hit;
    std::array<short, 2> shorts;
    int numbers[2];
    char name[8];
    std::vector<Hit> more;
};
struct HoldsOpaque {
    Opaque opaque;
    int x;
};
struct Tree {
    int x;
    std::vector<Tree> children;
};

}  // namespace

template <>
struct sluice::KeyMembers<Account> {
    static auto of(Account const& account) { return std::tie(account.number); }
};

namespace {

static_assert(Key<int> && Key<bool> && Key<char> && Key<double> && Key<Colour>);
static_assert(Key<std::string> && Key<std::string_view> && Key<std::string const&>);
static_assert(Key<std::pair<std::string_view, int>> && Key<std::tuple<int, std::pair<char, double>>> && Key<std::tuple<>>);
static_assert(Key<Hit> && Key<Visit> && Key<Tree> && Key<std::pair<Hit, int>> && Key<std::array<int, 3>> && !Key<HoldsOpaque>);
static_assert(Key<std::optional<int>> && Key<std::vector<std::string>> && Key<std::deque<int>> && Key<std::list<char>>);
static_assert(Key<Point> && Key<Account> && Key<std::vector<Point>>);

static_assert(!Key<char const*> && !Key<int*> && !Key<char[4]> && !Key<std::unique_ptr<int>>, "addresses are no keys");
static_assert(!Key<Opaque> && !Key<std::pair<int, Opaque>> && !Key<std::vector<Opaque>> && !Key<std::optional<Opaque>>);
static_assert(!Key<Pointing>, "as little as its member");
static_assert(!Key<std::map<int, int>>);

constexpr double noNumber = std::numeric_limits<double>::quiet_NaN();

/// As a table asks.
template <class A, class B>
bool meet(A const& a, B const& b)
{
    bool const same = detail::sameKey(a, b);
    if (same) CHECK(hashOf(a) == hashOf(b));
    CHECK(detail::sameKey(b, a) == same);
    return same;
}

}  // namespace

TEST_CASE("text is one key, whoever holds it")
{
    CHECK(meet("word"s, "word"sv));
    CHECK_FALSE(meet("word"s, "Word"sv));
    CHECK_FALSE(meet("a\0b"sv, "a\0c"sv));
    CHECK(meet(std::pair{"word"s, 1}, std::pair{"word"sv, 1}));
    CHECK(meet(std::optional{"word"s}, std::optional{"word"sv}));
    CHECK(meet(std::vector{"a"s, "b"s}, std::vector{"a"sv, "b"sv}));
    CHECK_FALSE(meet(std::vector{"a"s, "b"s}, std::vector{"a"sv}));
}

TEST_CASE("NaN equals NaN, and 0.0 equals -0.0")
{
    CHECK(meet(noNumber, -noNumber));
    CHECK(meet(noNumber, std::nan("7")));
    CHECK(meet(0.0, -0.0));
    CHECK(meet(std::tuple{noNumber, 0.0F}, std::tuple{noNumber, -0.0F}));
    CHECK_FALSE(meet(noNumber, 0.0));
    CHECK_FALSE(meet(1.0, -1.0));
}

TEST_CASE("compound keys are the same where all members are")
{
    CHECK(meet(std::tuple{1, 'a', "x"s}, std::tuple{1, 'a', "x"s}));
    CHECK_FALSE(meet(std::pair{1, 2}, std::pair{2, 1}));
    CHECK_FALSE(meet(std::optional<int>{}, std::optional{0}));
    CHECK(meet(std::optional<int>{}, std::optional<int>{}));
    CHECK_FALSE(meet(std::vector<int>{}, std::vector{0}));
    CHECK(meet(std::vector<bool>{true, false}, std::vector<bool>{true, false}));
    CHECK(meet(Point{1, "a"}, Point{1, "a"}));
    CHECK_FALSE(meet(Point{1, "a"}, Point{1, "b"}));
}

TEST_CASE("a plain struct is a key by its members, with the hash of the tuple of them")
{
    CHECK(meet(Hit{"/a"sv, 200}, Hit{std::string_view{"x/a"}.substr(1), 200}));
    CHECK_FALSE(meet(Hit{"/a", 200}, Hit{"/a", 404}));
    CHECK_FALSE(meet(Hit{"/a", 200}, Hit{"/b", 200}));
    CHECK(hashOf(Hit{"/a", 200}) == hashOf(std::tuple{"/a"s, 200}));
    Visit const visit{Hit{"/a", 200}, {1, 2}, {3, 4}, "name", {{"/b", 1}}};
    CHECK(meet(visit, visit));
    Visit other = visit;
    other.name[6] = '?';  // behind the zero
    CHECK(meet(visit, other));
    other.name[4] = '?';
    CHECK_FALSE(meet(visit, other));
    other = visit;
    other.numbers[1] = 5;
    CHECK_FALSE(meet(visit, other));
    other = visit;
    other.more[0].url = "/c";
    CHECK_FALSE(meet(visit, other));
    CHECK(meet(Tree{1, {{2, {}}}}, Tree{1, {{2, {}}}}));
    CHECK_FALSE(meet(Tree{1, {{2, {}}}}, Tree{1, {{3, {}}}}));
}

TEST_CASE("KeyMembers say what counts")
{
    CHECK(meet(Account{"17", 1990}, Account{"17", 2020}));
    CHECK_FALSE(meet(Account{"17", 1990}, Account{"18", 1990}));
}

// Partitions of checkpointed keys stand on these numbers: they change with the version of the library's ABI only.
TEST_CASE("the hash is the same on every machine and in every version")
{
    CHECK(hashOf(0) == 0xa5506ff52926ac13);
    CHECK(hashOf(1) == 0xd153941f83d0cc19);
    CHECK(hashOf(-1) == 0xf6316e9a2bff965a);
    CHECK(hashOf(1LL) == hashOf(1));
    CHECK(hashOf('a') == 0xb61552b2089839a4);
    CHECK(hashOf('\xff') == hashOf(255));
    CHECK(hashOf(Colour::green) == 0x5a9522f0cda178ce);
    CHECK(hashOf(1.5) == 0x586978a4f19950bb);
    CHECK(hashOf(1.5F) == hashOf(1.5));
    CHECK(hashOf(noNumber) == 0xb20c2aa8ac2bddc6);
    CHECK(hashOf(std::pair{"a"sv, 1}) == 0xb11e92b5847ec71a);
    CHECK(hashOf(std::tuple{1, 2, 3}) == 0x83e62a0838d0eaf3);
    CHECK(hashOf(std::optional{1}) == 0xb2d959de98d4ee2e);
    CHECK(hashOf(std::optional<int>{}) == 0xd153941f83d0cc19);
    CHECK(hashOf(std::vector{1, 2}) == 0xd0523ff53e1a93fa);
    CHECK(hashOf(std::vector<int>{}) == 0xa0761d6478bd642f);
    CHECK(hashOf(Point{1, "a"}) == 0xbabf2429443b9f00);
}

TEST_CASE("the hash of a text is the same on every machine, whatever its length")
{
    CHECK(hashOf(""sv) == 0xd364a0e0839467fb);
    CHECK(hashOf("a"sv) == 0xe069d208c18d4aac);
    CHECK(hashOf("abc"sv) == 0xc8145078c8ae53ea);
    CHECK(hashOf("four"sv) == 0x5732fae9b3777dc7);
    CHECK(hashOf("word five"sv) == 0x615a1d8f22dfd65b);
    CHECK(hashOf("sixteen bytes ok"sv) == 0x8e4271afc5aa5d52);
    CHECK(hashOf("seventeen bytes!!"sv) == 0x22403a775a7e09d8);
    CHECK(hashOf("a text of more than thirty-two bytes, so that it takes three steps"sv) == 0x80eda1eecd41be7a);
}

TEST_CASE("each byte of a text counts, at any alignment")
{
    for (std::size_t size = 1; size <= 70; ++size) {
        std::string const text(size, 'x');
        std::string shifted = '!' + text;
        CHECK(hashOf(std::string_view{shifted}.substr(1)) == hashOf(text));
        for (std::size_t at = 0; at < size; ++at) {
            std::string other = text;
            other[at] = 'y';
            REQUIRE(hashOf(other) != hashOf(text));
        }
    }
}

TEST_CASE("what a double cannot hold of a number counts, too")
{
    if constexpr (std::numeric_limits<long double>::digits > 53) {
        long double const one = 1;
        CHECK_FALSE(meet(one, one + std::numeric_limits<long double>::epsilon()));
        CHECK(hashOf(one) != hashOf(one + std::numeric_limits<long double>::epsilon()));
    }
    CHECK(hashOf(1.5L) == hashOf(1.5));
    CHECK(hashOf(std::numeric_limits<long double>::infinity()) == hashOf(std::numeric_limits<double>::infinity()));
}

// ---- how good it is: what SMHasher asks of hashes, with keys that this one's own constants make -------------------------------------

namespace {

/// Which share of the bits of the hash each bit of the key changes: a half, for each pair of them.
template <class Hash>
double worstBias(std::size_t bits, int rounds, Hash&& hashFlipped)
{
    std::vector<int> changes(bits * 64);
    for (int round = 0; round < rounds; ++round) {
        std::uint64_t const hash = hashFlipped(round, bits);
        for (std::size_t bit = 0; bit < bits; ++bit) {
            auto const difference = hash ^ hashFlipped(round, bit);
            int* const of = &changes[bit * 64];
            for (std::size_t i = 0; i < 64; ++i) of[i] += static_cast<int>(difference >> i & 1);
        }
    }
    double worst = 0;
    for (int const n : changes) worst = std::max(worst, std::abs(static_cast<double>(n) / rounds - 0.5));
    return worst;
}

/// How keys of these hashes lie in a table, and in partitions.
struct Spread {
    double probes = 0;   // how many slots a table of twice as many looks at to find each of them once
    double fullest = 0;  // the share of the fullest of 64 partitions, of what it should be
    bool alike = false;  // whether two have one hash
};

// Each key is hashed once, and slots are found by pointer: nothing of this is optimised.
Spread spreadOf(std::vector<std::uint64_t> const& hashes)
{
    auto const size = std::bit_ceil(hashes.size() * 2);
    auto const shift = 32 - std::countr_zero(size);
    std::vector<std::uint64_t const*> table(size);
    std::uint64_t const** const slots = table.data();
    std::size_t probes = 0;
    std::size_t sizes[64] = {};
    Spread spread;
    for (auto const& hash : hashes) {
        std::size_t i = static_cast<std::uint32_t>(hash) >> shift;
        for (++probes; slots[i] != nullptr; i = (i + 1) % size) {
            spread.alike |= *slots[i] == hash;
            ++probes;
        }
        slots[i] = &hash;
        ++sizes[hash >> 58];
    }
    auto const keys = static_cast<double>(hashes.size());
    spread.probes = static_cast<double>(probes) / keys;
    spread.fullest = 64.0 * static_cast<double>(*std::max_element(sizes, sizes + 64)) / keys;
    return spread;
}

constexpr std::size_t many = 30'000;

/// As random keys would.
void checkSpreadOf(std::vector<std::uint64_t> const& hashes, std::string const& what)
{
    CAPTURE(what);
    auto const spread = spreadOf(hashes);
    CHECK(spread.probes < 1.6);  // random ones: 1.5 where the table is half full
    CHECK(spread.fullest < 1.25);
    CHECK_FALSE(spread.alike);  // 64 bits: no two of them are alike
}

/// key(0), key(1), …
template <class Make>
void checkSpread(std::string const& what, Make&& key)
{
    std::vector<std::uint64_t> hashes;
    for (std::size_t i = 0; i < many; ++i) hashes.push_back(hashOf(key(i)));
    checkSpreadOf(hashes, what);
}

template <class K>
std::vector<std::uint64_t> hashesOf(std::vector<K> const& keys)
{
    std::vector<std::uint64_t> hashes;
    for (auto const& key : keys) hashes.push_back(hashOf(key));
    return hashes;
}

std::string bytesOf(std::uint64_t word, std::size_t size = 8) { return {reinterpret_cast<char const*>(&word), size}; }

/// What the hash is made of, and what may come of two of them.
std::vector<std::uint64_t> constants()
{
    using namespace sluice::detail;
    std::vector<std::uint64_t> const own{0, hashSeed, hashStep, hashLast, hashSide};
    std::vector<std::uint64_t> all;
    for (auto const a : own) {
        for (auto const b : own) {
            if (a > b || (a == 0 && b == 0)) all.push_back(a ^ b);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("each bit of a number changes each bit of its hash in half of all cases")
{
    auto const flipped = [](std::uint64_t word, std::size_t bit) { return hashOf(bit < 64 ? word ^ std::uint64_t{1} << bit : word); };
    CHECK(worstBias(64, 4000, [&](int round, std::size_t bit) { return flipped(static_cast<std::uint64_t>(round), bit); }) < 0.07);
    CHECK(worstBias(64, 4000, [&](int round, std::size_t bit) {
              return flipped(detail::hashWord(static_cast<std::uint64_t>(round), 9), bit);
          }) < 0.05);
    CHECK(worstBias(64, 4000, [&](int round, std::size_t bit) {  // of the seed
              return detail::hashOfKey(round, bit < 64 ? std::uint64_t{1} << bit : 0);
          }) < 0.07);
}

TEST_CASE("each bit of a text changes each bit of its hash in half of all cases")
{
    for (std::size_t const size : {3U, 4U, 7U, 8U, 9U, 13U, 16U, 17U, 31U, 40U}) {
        CAPTURE(size);
        CHECK(worstBias(size * 8, 1000, [&](int round, std::size_t bit) {
                  std::string text(size, '\0');
                  for (std::size_t i = 0; i < size; ++i)
                      text[i] = static_cast<char>(detail::hashWord(static_cast<std::uint64_t>(round) * 64 + i));
                  if (bit < size * 8) text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
                  return hashOf(text);
              }) < 0.09);
    }
}

TEST_CASE("numbers are spread like random ones: counters, multiples, powers of two, what the hash is made of")
{
    for (unsigned const shift : {0U, 1U, 8U, 16U, 24U, 32U, 40U, 47U}) {
        checkSpread("counters << " + std::to_string(shift), [=](std::size_t i) { return std::uint64_t{i} << shift; });
    }
    for (auto const constant : constants()) {
        auto const name = std::to_string(constant);
        checkSpread("counters ^ " + name, [=](std::size_t i) { return std::uint64_t{i} ^ constant; });
        if (constant % 2 == 0) continue;
        checkSpread("counters * " + name, [=](std::size_t i) { return std::uint64_t{i} * constant; });
        std::uint64_t inverse = constant;
        for (int i = 0; i < 5; ++i) inverse *= 2 - constant * inverse;
        checkSpread("counters / " + name, [=](std::size_t i) { return std::uint64_t{i} * inverse; });
    }
    std::vector<std::uint64_t> sparse;
    for (unsigned a = 0; a < 64; ++a) {
        for (unsigned b = 0; b < a; ++b) {
            for (unsigned c = 0; c < b; ++c) sparse.push_back(std::uint64_t{1} << a | std::uint64_t{1} << b | std::uint64_t{1} << c);
        }
    }
    checkSpreadOf(hashesOf(sparse), "three bits");
    for (auto& one : sparse) one = ~one;
    checkSpreadOf(hashesOf(sparse), "all bits but three");
    checkSpread("negative ones", [](std::size_t i) { return -static_cast<std::int64_t>(i) * 1000; });
}

TEST_CASE("texts are spread like random ones: counters, prefixes, cycles, one changed byte, what the hash is made of")
{
    for (std::size_t const prefix : {0U, 1U, 3U, 4U, 8U, 11U, 16U, 24U, 60U}) {
        checkSpread("counters behind " + std::to_string(prefix),
                    [=](std::size_t i) { return std::string(prefix, 'a') + std::to_string(i); });
        checkSpread("counters before " + std::to_string(prefix),
                    [=](std::size_t i) { return std::to_string(i) + std::string(prefix, 'a'); });
        checkSpread("binary ones behind " + std::to_string(prefix),
                    [=](std::size_t i) { return std::string(prefix, '\0') + bytesOf(i, 3); });
    }
    for (auto const constant : constants()) {
        auto const name = std::to_string(constant);
        for (std::size_t const size : {16U, 24U}) {  // together with the length
            checkSpread("behind " + name,
                        [=](std::size_t i) { return bytesOf(constant ^ size) + bytesOf(i) + std::string(size - 16, 'x'); });
        }
        checkSpread("words behind " + name, [=](std::size_t i) { return bytesOf(constant) + std::to_string(i); });
        checkSpread("words before " + name, [=](std::size_t i) { return bytesOf(i) + bytesOf(constant); });
        checkSpread("words between " + name, [=](std::size_t i) { return bytesOf(constant) + bytesOf(i) + bytesOf(constant); });
    }
    for (std::size_t const times : {2U, 3U, 4U, 8U}) {
        checkSpread("cycles of " + std::to_string(times), [=](std::size_t i) {
            std::string text;
            for (std::size_t n = 0; n < times; ++n) text += bytesOf(i * 0x10001, 8);
            return text;
        });
    }
    checkSpread("one letter, again and again", [](std::size_t i) { return std::string(1 + i % 500, static_cast<char>('0' + i / 500)); });
    checkSpread("one changed byte", [](std::size_t i) {
        std::string text(400, 'x');
        text[i / 255] = static_cast<char>(static_cast<unsigned char>('x' + 1 + i % 255));
        return text;
    });
    std::vector<std::string> sparse;
    for (std::size_t a = 0; a < 128; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            for (std::size_t c = 0; c < b; c += 3) {
                std::string text(16, '\0');
                for (auto const bit : {a, b, c}) text[bit / 8] = static_cast<char>(text[bit / 8] | 1 << bit % 8);
                sparse.push_back(text);
            }
        }
    }
    checkSpreadOf(hashesOf(sparse), "three bits of sixteen bytes");
}

TEST_CASE("other keys are spread like random ones: fractions, pairs, tuples, optionals, sequences")
{
    checkSpread("whole doubles", [](std::size_t i) { return static_cast<double>(i); });
    checkSpread("fractions", [](std::size_t i) { return 1 / static_cast<double>(i + 1); });
    checkSpread("floats", [](std::size_t i) { return static_cast<float>(i) / 1024; });
    checkSpread("a grid", [](std::size_t i) { return std::pair{static_cast<int>(i % 317), static_cast<int>(i / 317)}; });
    checkSpread("a grid of texts", [](std::size_t i) { return std::pair{std::to_string(i % 317), std::to_string(i / 317)}; });
    checkSpread("the same twice", [](std::size_t i) { return std::pair{i, i}; });
    checkSpread("the first of three", [](std::size_t i) { return std::tuple{i, 0, 0}; });
    checkSpread("the last of three", [](std::size_t i) { return std::tuple{0, 0, i}; });
    checkSpread("an optional", [](std::size_t i) { return i == 0 ? std::optional<std::size_t>{} : std::optional{i * 1024}; });
    checkSpread("digits", [](std::size_t i) {
        std::vector<char> digits;
        for (auto left = i; left > 0; left /= 10) digits.push_back(static_cast<char>(left % 10));
        return digits;
    });
    checkSpread("zeros", [](std::size_t i) { return std::pair{std::vector<int>(i % 64), i / 64}; });
}

TEST_CASE("hashes of neighbouring numbers are spread over both halves")
{
    // The upper half says the partition, the lower one the slot in its table.
    int upper[16] = {};
    int lower[16] = {};
    for (int key = 0; key < 16'000; ++key) {
        ++upper[hashOf(key) >> 60];
        ++lower[hashOf(key) & 15];
    }
    for (int n : upper) CHECK((n > 850 && n < 1150));
    for (int n : lower) CHECK((n > 850 && n < 1150));
}
