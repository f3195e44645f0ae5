#include <sluice/batch/counted.hpp>
#include <sluice/batch/list.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace sluice;
using sluice::detail::Box;
using sluice::detail::Counted;
using sluice::detail::List;
using sluice::detail::ListOf;
using sluice::detail::makeCounted;
using sluice::detail::Row;

TEST_CASE("a list grows, and keeps what was in it in order")
{
    List<int> list;
    CHECK(list.empty());
    for (int i = 0; i < 100; ++i) list.push_back(i);
    REQUIRE(list.size() == 100);
    for (int i = 0; i < 100; ++i) CHECK(list[static_cast<std::size_t>(i)] == i);
    CHECK(list.back() == 99);
    list.pop_back();
    CHECK(list.back() == 98);
    list.erase(0);
    CHECK(list[0] == 1);
    CHECK(list.back() == 98);
    CHECK(list.size() == 98);
    list.erase(97);
    CHECK(list.back() == 97);
}

TEST_CASE("a list gives back what it does not need, and grows again")
{
    List<int> list;
    for (int i = 0; i < 100; ++i) list.push_back(i);
    for (int i = 0; i < 60; ++i) list.pop_front();
    list.shrink();
    CHECK(list.capacity() == 40);
    REQUIRE(list.size() == 40);
    for (int i = 0; i < 40; ++i) CHECK(list[static_cast<std::size_t>(i)] == 60 + i);
    list.push_back(100);
    CHECK(list.back() == 100);
    list.clear();
    list.shrink();
    CHECK(list.capacity() == 0);
    list.push_back(7);
    CHECK(list[0] == 7);
}

TEST_CASE("what a list holds lives until it leaves, however often the list has grown")
{
    auto const held = makeCounted<Box<int>>(7);
    CHECK(held.unique());
    {
        List<Counted<Box<int>>> list;
        for (int i = 0; i < 50; ++i) list.push_back(held);
        CHECK(!held.unique());
        for (auto const& one : list) CHECK(one->value == 7);
        list.clear();
        CHECK(held.unique());
        list.push_back(held);
        List<Counted<Box<int>>> other;
        other.swap(list);
        CHECK(list.empty());
        CHECK(other.size() == 1);
        CHECK(!held.unique());
    }
    CHECK(held.unique());
}

TEST_CASE("memory that is reserved is not moved")
{
    List<int> list;
    list.reserve(10);
    list.push_back(1);
    int const* const first = list.begin();
    for (int i = 1; i < 10; ++i) list.push_back(i);
    CHECK(list.begin() == first);
    list.clear();
    list.push_back(5);
    CHECK(list.begin() == first);
}

TEST_CASE("a list is a queue: what leaves at the front moves nothing, and its memory is used again")
{
    List<int> list;
    int in = 0;
    int out = 0;
    for (int i = 0; i < 8; ++i) list.push_back(in++);
    int const* const first = list.begin();
    list.pop_front();
    CHECK(list.begin() == first + 1);
    CHECK(list[0] == ++out);
    for (int i = 0; i < 10000; ++i) {
        list.push_back(in++);
        REQUIRE(list[0] == out);
        REQUIRE(list.back() == in - 1);
        list.pop_front();
        ++out;
    }
    CHECK(list.size() == 7);
    while (!list.empty()) list.pop_front();
    list.push_back(5);
    CHECK(list[0] == 5);

    auto const held = makeCounted<Box<int>>(7);
    List<Counted<Box<int>>> counted;
    for (int i = 0; i < 20; ++i) counted.push_back(held);
    for (int i = 0; i < 15; ++i) counted.pop_front();
    for (int i = 0; i < 40; ++i) counted.push_back(held);  // grows, or goes to the front
    CHECK(counted.size() == 45);
    counted.erase(0);
    counted.erase(3);
    counted.clear();
    CHECK(held.unique());
    CHECK(counted.empty());
}

TEST_CASE("room that is asked for one by one is made now and then")
{
    List<int> list;
    std::vector<std::unique_ptr<int>> between;  // so that it cannot grow where it is
    int moved = 0;
    int const* begin = nullptr;
    for (int i = 0; i < 10'000; ++i) {
        list.reserve(list.size() + 1);
        list.push_back(i);
        between.push_back(std::make_unique<int>(i));
        moved += list.begin() != begin ? 1 : 0;
        begin = list.begin();
    }
    CHECK(moved < 60);
    for (int i = 0; i < 10'000; ++i) CHECK(list[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a row is so many things, which stay where they are")
{
    Row<std::vector<int>> row(3);
    row[1].push_back(7);
    Row<std::vector<int>> other;
    other.swap(row);
    CHECK(row.size() == 0);
    CHECK(other.size() == 3);
    CHECK(other[1][0] == 7);
}

TEST_CASE("a list of any type is one that moves bytes where that may be")
{
    static_assert(std::is_same_v<ListOf<std::pair<long, int*>>, List<std::pair<long, int*>>>);
    static_assert(std::is_same_v<ListOf<std::string>, std::vector<std::string>>);
    static_assert(std::is_same_v<ListOf<Counted<Box<int>>>, std::vector<Counted<Box<int>>>>);  // counts must not be copied
    struct alignas(64) Wide {
        int n;
    };
    static_assert(std::is_same_v<ListOf<Wide>, std::vector<Wide>>);

    auto const fill = [](auto list) {
        list.reserve(2);
        for (char const c : {'a', 'b', 'c', 'd'}) list.push_back({c, c});
        list.pop_back();
        decltype(list) other;
        other.swap(list);
        CHECK(list.size() == 0);
        CHECK(other.size() == 3);
        CHECK(other.data()[0] == other[0]);
        CHECK(other.back() == std::remove_cvref_t<decltype(other.back())>{'c', 'c'});
        other.clear();
        CHECK(other.size() == 0);
        CHECK(other.capacity() >= 3);
    };
    fill(ListOf<std::pair<char, char>>{});
    fill(ListOf<std::string>{});
}

TEST_CASE("a list is made longer by what is made of nothing, and shorter")
{
    List<std::uint64_t> numbers;
    numbers.push_back(7);
    numbers.resize(5);
    REQUIRE(numbers.size() == 5);
    CHECK(numbers[0] == 7);
    CHECK(numbers[4] == 0);
    numbers.resize(1);
    numbers.resize(2);
    CHECK(numbers[1] == 0);

    List<Counted<Box<int>>> counted;
    counted.resize(3);
    counted[2] = makeCounted<Box<int>>(5);
    auto const kept = counted[2];
    counted.resize(2);
    CHECK(kept.unique());
}
