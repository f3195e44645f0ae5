#include <sluice/batch/key.hpp>

#include "../verify.hpp"

#include <boost/hana/define_struct.hpp>

#include <array>
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
static_assert(Key<std::pair<std::string_view, int>> && Key<std::tuple<int, std::pair<char, double>>> &&
              Key<std::tuple<>>);
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
    CHECK(hashOf(0) == 0x1ff5c2923a788d2c);
    CHECK(hashOf(1) == 0x38f94c439ac36242);
    CHECK(hashOf(-1) == 0xdff5c05abb606d30);
    CHECK(hashOf(1LL) == hashOf(1));
    CHECK(hashOf('a') == 0x1869a63fa0487f8f);
    CHECK(hashOf('\xff') == hashOf(255));
    CHECK(hashOf(Colour::green) == 0x0970ebc6bcf5e822);
    CHECK(hashOf(1.5) == 0x073a6dcd287ed1e1);
    CHECK(hashOf(1.5F) == hashOf(1.5));
    CHECK(hashOf(noNumber) == 0x817d4e18b04be43e);
    CHECK(hashOf(std::pair{"a"sv, 1}) == 0x3963831c9651e189);
    CHECK(hashOf(std::tuple{1, 2, 3}) == 0xc83d0cce0f62aae0);
    CHECK(hashOf(std::optional{1}) == 0xf97eca4602a2d12a);
    CHECK(hashOf(std::optional<int>{}) == 0x38f94c439ac36242);
    CHECK(hashOf(std::vector{1, 2}) == 0xc7bda94469179cdf);
    CHECK(hashOf(std::vector<int>{}) == 0xa0761d6478bd642f);
    CHECK(hashOf(Point{1, "a"}) == 0xb2b9e17d1a6880fd);
}

TEST_CASE("the hash of a text is the same on every machine, whatever its length")
{
    CHECK(hashOf(""sv) == 0x025e100cba525a07);
    CHECK(hashOf("a"sv) == 0xd631ec8b9962d158);
    CHECK(hashOf("abc"sv) == 0x46cfdae6b19736f8);
    CHECK(hashOf("four"sv) == 0xd48b4e58d53609fd);
    CHECK(hashOf("word five"sv) == 0xbd6e901ecd25d111);
    CHECK(hashOf("sixteen bytes ok"sv) == 0x9fe3b7ceafd8a611);
    CHECK(hashOf("seventeen bytes!!"sv) == 0x132f3b12a2778e7b);
    CHECK(hashOf("a text of more than thirty-two bytes, so that it takes three steps"sv) == 0x4a1dcc7bed11a1c5);
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
