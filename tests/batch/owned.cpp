#include <sluice/batch/owned.hpp>

#include "../verify.hpp"

#include <boost/hana/define_struct.hpp>

#include <any>
#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <system_error>
#include <thread>
#include <variant>

using namespace sluice;
using namespace std::literals;

namespace {

struct Plain {
    int x;
};

struct Point {
    BOOST_HANA_DEFINE_STRUCT(Point, (int, x), (std::string, name));
};

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
struct Deep {
    int x;
    Hit hits[2];
};
struct Tree {
    std::vector<Tree> children;
    std::string name;
};
struct Pointing {
    char const* to;
};
struct Refers {
    int const& to;
};
union Either {
    int x;
    float y;
};
struct Nothing {};
struct Based : Nothing {
    int x;
};
/// Copied byte by byte, and with hidden members.
class Position {
public:
    [[nodiscard]] int x() const { return x_; }

private:
    int x_ = 0;
};
struct HoldsPosition {
    int x;
    Position position;
};
class Declared {
    [[maybe_unused]] int x_ = 0;
};
class Grown {
    std::string text_;
};

struct Caption {
    BOOST_HANA_DEFINE_STRUCT(Caption, (std::string_view, text));
};

/// A user's own view, covered below.
struct Slice {
    int const* first;
    std::size_t size;
};

template <class T, class Tag>
struct Tagged {
    T value;
};

}  // namespace

template <>
struct sluice::OwnedAs<Slice> {
    using type = std::vector<int>;
    static type own(Slice s) { return {s.first, s.first + s.size}; }
};

template <>
inline constexpr bool sluice::holdsNoViews<Declared> = true;

namespace {

template <class T, class Expected>
constexpr bool ownedIs = std::is_same_v<Owned<T>, Expected> && canOwn<T>;

// What owns what it shows stays as it is.
static_assert(ownedIs<int, int> && ownedIs<std::string, std::string> && ownedIs<Plain, Plain> && ownedIs<Point, Point>);
static_assert(ownedIs<std::unique_ptr<int>, std::unique_ptr<int>> && ownedIs<std::vector<bool>, std::vector<bool>>);
static_assert(ownedIs<std::map<std::string, int>, std::map<std::string, int>>);
static_assert(ownedIs<std::function<void(std::string_view)>, std::function<void(std::string_view)>>);
static_assert(ownedIs<int const&, int> && ownedIs<std::string&&, std::string>, "of a reference, that of its value");

// Views are stored as what they look at, through pairs, tuples, optionals and sequences.
static_assert(ownedIs<std::string_view, std::string> && ownedIs<std::u16string_view, std::u16string>);
static_assert(ownedIs<Slice, std::vector<int>>);
static_assert(ownedIs<std::pair<std::string_view, int>, std::pair<std::string, int>>);
static_assert(ownedIs<std::tuple<int, std::pair<std::string_view, Slice>>, std::tuple<int, std::pair<std::string, std::vector<int>>>>);
static_assert(ownedIs<std::optional<std::string_view>, std::optional<std::string>>);
static_assert(ownedIs<std::vector<std::string_view>, std::vector<std::string>>);
static_assert(ownedIs<std::deque<std::list<std::string_view>>, std::deque<std::list<std::string>>>);

// What stands in a map has a const key, and may be stored without it.
static_assert(ownedIs<std::pair<std::string_view const, int>, std::pair<std::string, int>>);
static_assert(ownedIs<std::pair<int const, int>, std::pair<int, int>>);

// What shows memory of others, and is not covered, is not kept in silence.
static_assert(!canOwn<std::span<int>> && !canOwn<std::pair<int, std::span<int>>> && !canOwn<std::vector<std::span<int>>>);
static_assert(!canOwn<std::pair<int&, int>> && !canOwn<std::tuple<std::string const&>>);
static_assert(!canOwn<Hit> && !canOwn<std::optional<Hit>> && !canOwn<std::vector<Visit>> && !canOwn<std::pair<Hit, int>>);
static_assert(!canOwn<Pointing> && !canOwn<char const*> && !canOwn<Refers> && !canOwn<Either> && !canOwn<Based>);
static_assert(!canOwn<Position> && !canOwn<std::pair<Position, int>> && !canOwn<HoldsPosition>, "they may be views");
static_assert(!canOwn<std::reference_wrapper<int>> && !canOwn<std::vector<int>::iterator> && !canOwn<std::initializer_list<int>>);
static_assert(!canOwn<Caption> && !canOwn<std::optional<Caption>>);
static_assert(!canOwn<std::map<std::string_view, int>> && !canOwn<std::set<std::string_view>>);
static_assert(!canOwn<std::array<std::string_view, 2>> && !canOwn<std::variant<int, std::string_view>>);
static_assert(!canOwn<Tagged<std::string_view, struct Metre>> && canOwn<Tagged<int, struct Metre>>);

// Plain structs that own, what the standard library has, what owns as its destructor shows, and what is declared.
static_assert(ownedIs<Tree, Tree> && ownedIs<Grown, Grown> && ownedIs<Declared, Declared> &&
              ownedIs<std::pair<Declared, int>, std::pair<Declared, int>>);
static_assert(canOwn<std::complex<double>> && canOwn<std::bitset<9>> && canOwn<std::chrono::seconds> &&
              canOwn<std::chrono::system_clock::time_point>);
static_assert(canOwn<std::chrono::year_month_day> && canOwn<std::array<int, 2>> && canOwn<std::variant<int, double>> &&
              canOwn<std::monostate>);
static_assert(canOwn<std::error_code> && canOwn<std::thread::id> && canOwn<std::mt19937> && canOwn<std::any> &&
              canOwn<std::filesystem::path>);
static_assert(canOwn<void (*)()> && canOwn<int Tree::*> && canOwn<std::nullptr_t> && canOwn<std::weak_ptr<int>>);
static_assert(!canOwn<std::map<int, Position>> && !canOwn<std::shared_ptr<Hit>> && !canOwn<std::array<Hit, 2>>);

// Who is to blame, to the member.
using detail::Culprit;
using detail::MemberOf;
static_assert(std::is_same_v<Culprit<Hit>::type, MemberOf<Hit, 0, std::string_view>>);
static_assert(std::is_same_v<Culprit<std::pair<int, std::optional<Deep>>>::type, MemberOf<Hit, 0, std::string_view>>);
static_assert(std::is_same_v<Culprit<HoldsPosition>::type, MemberOf<HoldsPosition, 1, Position>>);
static_assert(std::is_same_v<Culprit<std::vector<Position>>::type, Position>);

// Structs with views within are kept as they are.
using detail::Stored;
static_assert(std::is_same_v<Stored<Hit>, Hit> &&
              std::is_same_v<Stored<std::pair<Hit, std::string_view>>, std::pair<Hit, std::string_view>>);
static_assert(std::is_same_v<Stored<std::pair<int, std::string_view>>, std::pair<int, std::string>>);
static_assert(detail::canStore<Visit> && detail::canStore<std::array<Hit, 2>> && !detail::canStore<Position> && !detail::canStore<Refers>);

// A view is one that shows no byte of its own.
using detail::isView;
static_assert(isView<std::string_view> && isView<std::span<int>> && isView<std::string_view const>);
static_assert(isView<std::pair<std::string_view, int>> && isView<std::tuple<char, std::string_view, std::span<int>>>);
static_assert(isView<std::optional<std::string_view>> && isView<Hit> && !isView<Visit> && !isView<Tree>);
static_assert(!isView<std::string> && !isView<int> && !isView<std::pair<int, int>> && !isView<std::vector<std::string_view>>);
static_assert(!isView<std::pair<std::string_view, std::string>>, "a view of its second member is a view of the pair's bytes");

}  // namespace

TEST_CASE("own gives the owning twin")
{
    VERIFY(own(5) == 5);
    CHECK(own("text"sv) == "text"s);
    CHECK(own(std::pair{"a"sv, 1}) == std::pair{"a"s, 1});
    CHECK(own(std::tuple{"a"sv, std::tuple{"b"sv}}) == std::tuple{"a"s, std::tuple{"b"s}});
    CHECK(own(std::optional{"a"sv}) == std::optional{"a"s});
    CHECK(own(std::optional<std::string_view>{}) == std::optional<std::string>{});
    CHECK(own(std::vector{"a"sv, "b"sv}) == std::vector{"a"s, "b"s});
    CHECK(own(std::pair<std::string_view const, int>{"a", 1}) == std::pair{"a"s, 1});
    int const numbers[] = {1, 2};
    CHECK(own(std::pair{Slice{numbers, 2}, 'c'}).first == std::vector{1, 2});
}

TEST_CASE("own moves a temporary that owns, and copies what is kept")
{
    auto box = std::make_unique<int>(1);
    CHECK(*own(std::move(box)) == 1);
    std::string text = "a text of more than sixteen bytes";
    auto const* const bytes = text.data();
    CHECK(own(text) == text);
    CHECK(own(std::move(text)).data() == bytes);
}
