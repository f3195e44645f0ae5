#include <sluice/batch/table.hpp>

#include "../verify.hpp"

#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace sluice;
using namespace sluice::detail;

namespace {

/// Counts a key, with its own hash or a given one.
template <class K>
void add(Table<K, int>& table, K key, std::uint32_t tag)
{
    table.upsert(tag, key, [&] { return std::pair{key, 1}; }, [](int& n) { ++n; });
}
template <class K>
void add(Table<K, int>& table, K key)
{
    add(table, key, static_cast<std::uint32_t>(hashOf(key)));
}

}  // namespace

TEST_CASE("a table holds each key once, in the order of first occurrence")
{
    Table<std::string_view, int> table;
    for (std::string_view word : {"to", "be", "or", "not", "to", "be"}) add(table, word);
    CHECK(table.entries() == std::vector<std::pair<std::string_view, int>>{{"to", 2}, {"be", 2}, {"or", 1}, {"not", 1}});
    CHECK(table.tagOf(1) == static_cast<std::uint32_t>(hashOf(std::string_view{"be"})));
}

TEST_CASE("a table grows")
{
    Table<int, int> table;
    for (int round = 0; round < 2; ++round) {
        for (int key = 0; key < 100'000; ++key) add(table, key * 7);
    }
    REQUIRE(table.entries().size() == 100'000);
    for (int key = 0; key < 100'000; ++key) {
        REQUIRE(table.entries()[static_cast<std::size_t>(key)] == std::pair{key * 7, 2});
    }
}

TEST_CASE("keys of one hash are told apart, also where the table is about to grow")
{
    Table<int, int> table;
    for (int round = 0; round < 3; ++round) {
        for (int key = 0; key < 100; ++key) add(table, key, 0xffffffffU);  // all begin at the last slot
    }
    REQUIRE(table.entries().size() == 100);
    for (auto const& [key, n] : table.entries()) REQUIRE(n == 3);
}

TEST_CASE("a cleared table is empty, and keeps its memory")
{
    Table<int, int> table;
    for (int round = 0; round < 3; ++round) {
        for (int key = 0; key < 1000; ++key) add(table, key);
        auto const* const memory = table.entries().data();
        CHECK(table.entries().size() == 1000);
        table.clear();
        CHECK(table.entries().empty());
        CHECK(table.entries().capacity() >= 1000);
        for (int key = 1000; key > 0; --key) add(table, key);
        CHECK(table.entries().data() == memory);
        CHECK(table.entries().front() == std::pair{1000, 1});
        table.clear();
    }
}

TEST_CASE("a table is looked up by what equals its keys")
{
    Table<std::string, int> table;
    std::string_view const word = "word";
    auto const tag = static_cast<std::uint32_t>(hashOf(word));
    for (int i = 0; i < 2; ++i) {
        table.upsert(tag, word, [&] { return std::pair{std::string{word}, 1}; }, [](int& n) { n += 10; });
    }
    CHECK(table.entries() == std::vector<std::pair<std::string, int>>{{"word", 11}});
}

TEST_CASE("a table is whole after a function that throws")
{
    Table<int, int> table;
    add(table, 1);
    auto const make = []() -> std::pair<int, int> { throw std::runtime_error{"no value"}; };
    auto const combine = [](int&) { throw std::runtime_error{"no sum"}; };
    CHECK_THROWS_WITH(table.upsert(static_cast<std::uint32_t>(hashOf(2)), 2, make, combine), "no value");
    CHECK_THROWS_WITH(table.upsert(static_cast<std::uint32_t>(hashOf(1)), 1, make, combine), "no sum");
    add(table, 1);
    add(table, 2);
    CHECK(table.entries() == std::vector{std::pair{1, 2}, std::pair{2, 1}});
}

TEST_CASE("a table agrees with std::map on random keys")
{
    std::mt19937 random{7};
    Table<int, int> table;
    std::map<int, int> expected;
    for (int i = 0; i < 20'000; ++i) {
        int const key = static_cast<int>(random() % 3000);
        add(table, key, static_cast<std::uint32_t>(key % 64));  // many collisions
        ++expected[key];
    }
    CHECK(std::map<int, int>(table.entries().begin(), table.entries().end()) == expected);
}
