#include <sluice/batch/table.hpp>

#include "../verify.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

using namespace sluice;
using namespace sluice::detail;
using namespace std::literals;

namespace {

/// Counts a key.
template <class K>
void add(Table<K, int>& table, K const& key)
{
    table.upsert(sought<K>(key), key, [&] { return std::pair{key, 1}; }, [](int& n) { ++n; });
}
template <class K>
auto const& counted(Table<K, int>& table)
{
    table.finish();
    return table.entries();
}

/// How often inHashOrder gives each entry.
template <class K>
std::vector<std::uint32_t> inHashOrder(Table<K, int> const& table)
{
    auto const& entries = table.entries();
    std::map<K, std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < entries.size(); ++i) numbers[entries[i].first] = i;
    std::multimap<std::uint32_t, std::uint32_t> byTag;
    for (auto const& [key, i] : numbers) byTag.emplace(tagOfKey(key), i);
    std::vector<std::uint32_t> times(entries.size());
    table.inHashOrder([&](std::uint32_t tag, std::uint32_t index, auto const& key, int value) {
        auto const [begin, end] = byTag.equal_range(tag);
        auto const at = std::find_if(begin, end, [&](auto const& of) { return Table<K, int>::sameAs(key, entries[of.second].first); });
        REQUIRE(at != end);
        if (index != Table<K, int>::unknown) CHECK(index == at->second);
        CHECK(value == entries[at->second].second);
        ++times[at->second];
    });
    return times;
}

}  // namespace

TEST_CASE("a table holds each key once, in the order of first occurrence")
{
    Table<std::string_view, int> table;
    for (std::string_view word : {"to", "be", "or", "not", "to", "be"}) add(table, word);
    CHECK(std::ranges::equal(counted(table), std::vector<std::pair<std::string_view, int>>{{"to", 2}, {"be", 2}, {"or", 1}, {"not", 1}}));
}

TEST_CASE("a table grows")
{
    Table<int, int> table;
    for (int round = 0; round < 2; ++round) {
        for (int key = 0; key < 100'000; ++key) add(table, key * 7);
    }
    auto const& entries = counted(table);
    REQUIRE(entries.size() == 100'000);
    CHECK(table.isLarge());
    for (int key = 0; key < 100'000; ++key) REQUIRE(entries[static_cast<std::size_t>(key)] == std::pair{key * 7, 2});
}

TEST_CASE("keys of one tag are told apart, also where the table is about to grow")
{
    Table<std::uint64_t, int> table;
    for (int round = 0; round < 3; ++round) {
        for (std::uint64_t key = 0; key < 100; ++key)
            add<std::uint64_t>(table, key * 0xf1de83e19937733dULL);  // by the multiplier they are 0 to 99
    }
    REQUIRE(sought<std::uint64_t>(0xf1de83e19937733dULL).tag() == 0);
    REQUIRE(counted(table).size() == 100);
    for (auto const& [key, n] : table.entries()) REQUIRE(n == 3);
}

TEST_CASE("a cleared table is empty, and keeps its memory")
{
    Table<int, int> table;
    for (int round = 0; round < 3; ++round) {
        for (int key = 0; key < 1000; ++key) add(table, key);
        auto const* const memory = counted(table).data();
        CHECK(table.entries().size() == 1000);
        table.clear();
        CHECK(table.empty());
        CHECK(table.entries().capacity() >= 1000);
        for (int key = 1000; key > 0; --key) add(table, key);
        CHECK(counted(table).data() == memory);
        CHECK(table.entries()[0] == std::pair{1000, 1});
        table.clear();
    }
}

TEST_CASE("a table is looked up by what equals its keys")
{
    Table<std::string, int> table;
    for (int i = 0; i < 2; ++i) {
        for (std::string_view const word : {"word"sv, "a word that no slot holds"sv}) {
            table.upsert(sought<std::string>(word), word, [&] { return std::pair{std::string{word}, 1}; }, [](int& n) { n += 10; });
        }
    }
    CHECK(counted(table).size() == 2);
    CHECK(table.entries()[0] == std::pair{"word"s, 11});
    CHECK(table.entries()[1] == std::pair{"a word that no slot holds"s, 11});
    Table<double, int> numbers;
    for (double const key : {0.0, -0.0, std::nan("1"), std::nan("2"), 1.0}) add(numbers, key);
    CHECK(counted(numbers).size() == 3);
    Table<long, int> longs;
    add(longs, -1L);
    longs.upsert(sought<long>(-1), -1, [] { return std::pair{0L, 0}; }, [](int& n) { n += 10; });
    CHECK(counted(longs)[0] == std::pair{-1L, 11});
}

TEST_CASE("the one number for which no slot has room is a key as any other")
{
    auto const none = NumberInSlot::hardlyAny;
    Table<std::uint64_t, int> table;
    for (int round = 0; round < 3; ++round) {
        for (std::uint64_t key = 0; key < 1000; ++key) {
            add(table, key);
            if (key >= 500) add(table, none);
        }
    }
    CHECK(counted(table).size() == 1001);
    CHECK(table.entries()[501] == std::pair{none, 1500});
    CHECK(table.entries()[1000] == std::pair{std::uint64_t{999}, 3});
    CHECK(inHashOrder(table) == std::vector<std::uint32_t>(1001, 1));
    table.clear();
    add(table, none);
    CHECK(counted(table).size() == 1);
    CHECK(table.entries()[0] == std::pair{none, 1});
}

TEST_CASE("texts are the same where their sizes and bytes are: zeros, blocks of sixteen, ends of pages")
{
    Table<std::string_view, int> table;
    std::vector<std::string> keys;
    for (std::size_t size = 0; size < 70; ++size) {
        for (char const c : {'\0', 'a', '\xff'}) keys.emplace_back(size, c);
        keys.push_back(std::string(size, 'a') + '\0');
        keys.push_back(std::string(size, 'b') + 'c');
    }
    std::map<std::string, int> expected;
    for (int round = 0; round < 2; ++round) {
        for (auto const& key : keys) {
            add<std::string_view>(table, key);
            ++expected[key];
        }
    }
    std::map<std::string, int> seen;
    for (auto const& [key, n] : counted(table)) seen[std::string{key}] += n;
    CHECK(seen == expected);
    CHECK(table.entries().size() == expected.size());

    // What lies behind a text says nothing, and need not be there.
    auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const pages = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED);
    REQUIRE(::mprotect(static_cast<char*>(pages) + page, page, PROT_NONE) == 0);
    for (auto const& key : keys) {
        char* const at = static_cast<char*>(pages) + page - key.size();
        std::memcpy(at, key.data(), key.size());
        std::string const shared = key + "behind";
        CHECK(tagOfKey(std::string_view{at, key.size()}) == tagOfKey(std::string_view{shared}.substr(0, key.size())));
        CHECK(hashOf(std::string_view{at, key.size()}) == hashOf(std::string_view{shared}.substr(0, key.size())));
    }
    ::munmap(pages, 2 * page);
}

TEST_CASE("a table is whole after a function that throws")
{
    Table<int, int> table;
    add(table, 1);
    auto const make = []() -> std::pair<int, int> { throw std::runtime_error{"no value"}; };
    auto const combine = [](int&) { throw std::runtime_error{"no sum"}; };
    CHECK_THROWS_WITH(table.upsert(sought<int>(2), 2, make, combine), "no value");
    CHECK_THROWS_WITH(table.upsert(sought<int>(1), 1, make, combine), "no sum");
    add(table, 1);
    add(table, 2);
    CHECK(std::ranges::equal(counted(table), std::vector{std::pair{1, 2}, std::pair{2, 1}}));
}

TEST_CASE("tables after tables, of whatever sizes, hold the same keys in the same order: one that grows may do so by leaps")
{
    std::mt19937 random{5};
    for (int const size : {100, 60'000, 40, 7'000, 60'000, 0, 10'000, 1'500, 60'000}) {
        Table<std::uint64_t, int> numbers;
        Table<std::string, int> texts;
        for (int i = 0; i < size; ++i) {
            auto const key = static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15U;
            add(numbers, key);
            add(texts, std::to_string(key));
            if (i % 8 != 0) continue;
            auto const again = random() % static_cast<unsigned>(i + 1) * 0x9e3779b97f4a7c15U;
            add(numbers, again);
            add(texts, std::to_string(again));
        }
        auto const& all = counted(numbers);
        auto const& allTexts = counted(texts);
        REQUIRE(all.size() == static_cast<std::size_t>(size));
        int n = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            REQUIRE(all[i].first == i * 0x9e3779b97f4a7c15U);
            REQUIRE(allTexts[i] == std::pair{std::to_string(all[i].first), all[i].second});
            n += all[i].second;
        }
        CHECK(n == size + (size + 7) / 8);
    }
}

TEST_CASE_TEMPLATE("a table agrees with std::map on random keys", K, int, std::uint8_t, float, std::string, std::pair<int, int>)
{
    std::mt19937 random{7};
    Table<K, int> table;
    std::map<K, int> expected;
    for (int i = 0; i < 20'000; ++i) {
        int const n = static_cast<int>(random() % 3000);
        K key{};
        if constexpr (std::is_same_v<K, std::string>) key = std::string(static_cast<std::size_t>(n % 30), 'x') + std::to_string(n);
        else if constexpr (std::is_same_v<K, std::pair<int, int>>) key = {n % 7, n};
        else key = static_cast<K>(n);
        add(table, key);
        ++expected[key];
    }
    auto const& entries = counted(table);
    CHECK(std::map<K, int>(entries.begin(), entries.end()) == expected);
    CHECK(entries.size() == expected.size());

    CHECK(inHashOrder(table) == std::vector<std::uint32_t>(entries.size(), 1));
}

TEST_CASE("values that no slot holds lie in the entries: what owns, what is large, what throws when it is copied")
{
    Table<int, std::vector<int>> table;
    for (int i = 0; i < 1000; ++i) {
        table.upsert(sought<int>(i % 10), i % 10, [&] { return std::pair{i % 10, std::vector{i}}; }, [&](auto& all) { all.push_back(i); });
    }
    table.finish();
    REQUIRE(table.entries().size() == 10);
    for (auto const& [key, all] : table.entries()) CHECK((all.size() == 100 && all.front() == key && all.back() == 990 + key));
}

TEST_CASE("usual keys do not crowd: counters, multiples, fractions, words with digits, paths")
{
#ifdef SLUICE_READS_EXACTLY
    constexpr std::size_t keys = 5'000;  // hashes are the same in each build, and a sanitizer takes a minute for all of them
#else
    constexpr std::size_t keys = 50'000;
#endif
    auto const crowds = [](auto const& make) {
        using K = decltype(make(std::size_t{0}));
        Table<K, int> table;
        for (std::size_t i = 0; i < keys; ++i) add(table, make(i));
        return table.crowding().seed() != 0;
    };
    for (unsigned shift = 0; shift < 48; ++shift) {
        CAPTURE(shift);
        CHECK(!crowds([=](std::size_t i) { return static_cast<std::uint64_t>(i) << shift; }));
        CHECK(!crowds([=](std::size_t i) { return -static_cast<std::int64_t>(i << shift); }));
    }
    for (std::size_t const by : {3U, 10U, 1000U, 4096U, 1'000'000U, 86'400'000U}) CHECK(!crowds([=](std::size_t i) { return i * by; }));
    CHECK(!crowds([](std::size_t i) { return static_cast<double>(i); }));
    CHECK(!crowds([](std::size_t i) { return static_cast<double>(i) / 7; }));
    CHECK(!crowds([](std::size_t i) { return static_cast<float>(i) * 0.5F; }));
    for (std::size_t const before : {0U, 1U, 2U, 3U, 4U, 7U, 8U, 9U, 12U, 15U, 16U, 17U, 24U}) {  // texts are read by 4, 8 and 16 bytes
        CAPTURE(before);
        CHECK(!crowds([=](std::size_t i) { return std::string(before, 'x') + std::to_string(i); }));
        CHECK(!crowds([=](std::size_t i) { return std::to_string(i) + std::string(before, 'x'); }));
        CHECK(!crowds([=](std::size_t i) { return std::string(before, 'x') + std::to_string(100'000 + i); }));
        CHECK(!crowds([=](std::size_t i) { return std::to_string(100'000 + i) + std::string(before, ' '); }));
        CHECK(!crowds([=](std::size_t i) {
            std::string text(before, 'w');
            for (auto left = i + 1; left > 0; left /= 26) text += static_cast<char>('a' + left % 26);
            return text;
        }));
    }
}
