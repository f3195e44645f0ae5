#include <sluice/batch/call.hpp>

#include "../verify.hpp"

#include <functional>
#include <memory>
#include <string>

using namespace sluice;
using sluice::detail::call;

namespace {

struct City {
    std::string name;
    int people;
    [[nodiscard]] std::size_t length() const { return name.size(); }
    void rename() { name += '!'; }
};

constexpr auto add = [](int a, int b) { return a + b; };
constexpr auto first = [](auto const& pair) { return pair.first; };

static_assert(CallableWith<decltype(add) const, std::pair<int, int>>);
static_assert(CallableWith<decltype(add) const, std::tuple<int, char> const&>);
static_assert(!CallableWith<decltype(add) const, int> && !CallableWith<decltype(add) const, std::tuple<int, int, int>>);
static_assert(!CallableWith<decltype(add) const, std::pair<int, std::string>>);

// As const, or not at all.
using Counting = decltype([n = 0](int x) mutable { return n += x; });
static_assert(CallableWith<Counting, int> && !CallableWith<Counting const, int>);

// Members of the record, not of what it points to.
static_assert(CallableWith<std::string City::* const, City const&>);
static_assert(CallableWith<std::size_t (City::* const)() const, City>);
static_assert(!CallableWith<void (City::* const)(), City const&>, "a record is not changed");
static_assert(!CallableWith<std::string City::* const, std::unique_ptr<City>> && !CallableWith<std::string City::* const, int>);

// What is handed on: references stay references, and temporaries may be moved from.
static_assert(std::is_same_v<decltype(call(&City::name, std::declval<City const&>())), std::string const&>);
static_assert(std::is_same_v<decltype(call(&City::name, std::declval<City>())), std::string&&>);
static_assert(std::is_same_v<detail::CallResult<decltype(first), std::pair<int, int>>, int>);

}  // namespace

TEST_CASE("a function of the record is called with it")
{
    VERIFY(call([](int x) { return 2 * x; }, 3) == 6);
    VERIFY(call(first, std::pair{1, 2}) == 1);
    VERIFY(call([](auto... all) { return sizeof...(all); }, std::pair{1, 2}) == 1);
}

TEST_CASE("a function of several is called with the members of a pair or tuple")
{
    VERIFY(call(add, std::pair{1, 2}) == 3);
    VERIFY(call([](int a, char, int c) { return a * c; }, std::tuple{3, 'x', 4}) == 12);
    VERIFY(call([](auto a, auto b) { return a - b; }, std::pair{3, 2}) == 1);
    VERIFY(call([] { return 7; }, std::tuple<>{}) == 7);
    CHECK(*call([](std::unique_ptr<int> p, int) { return p; }, std::pair{std::make_unique<int>(5), 1}) == 5);
}

TEST_CASE("a pointer to a member is called with its object")
{
    City const rome{"Rome", 3};
    CHECK(call(&City::people, rome) == 3);
    CHECK(call(&City::length, rome) == 4);
    CHECK(&call(&City::name, rome) == &rome.name);
    VERIFY(call(&std::pair<int, int>::second, std::pair{1, 2}) == 2);
}

TEST_CASE("what combines gives the type of its first argument")
{
    constexpr Label label{"reduce"};
    static_assert(std::is_same_v<decltype(detail::combineIn(label, std::plus{}, short{1}, short{2})), short>);
    VERIFY(detail::combineIn(label, std::plus{}, short{1}, short{2}) == 3);
    static_assert(detail::CombinerOf<std::plus<>, int, long>);
    static_assert(!detail::CombinerOf<decltype([](int, int) { return "text"; }), int, int>);
}
