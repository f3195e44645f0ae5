#include <sluice/batch/crowding.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/table.hpp>

#include "../verify.hpp"

#include <algorithm>
#include <vector>

using namespace sluice;
using namespace sluice::detail;

namespace {

/// A key that counts how often a table looks at one.
struct Seen {
    static inline std::size_t looks = 0;
    int value;
};

}  // namespace

template <>
struct sluice::KeyMembers<Seen> {
    static auto of(Seen const& key)
    {
        ++Seen::looks;
        return std::tie(key.value);
    }
};

namespace {

template <class K>
void add(Table<K, int>& table, K const& key)
{
    table.upsert(sought<K>(key), key, [&] { return std::pair{key, 1}; }, [](int& n) { ++n; });
}

std::uint32_t tagOf(int key) { return tagOfKey(key); }

/// Keys that begin at one of a thousand places.
std::vector<int> chosen(std::size_t n)
{
    std::vector<int> keys;
    for (int key = 0; keys.size() < n; ++key) {
        if (tagOf(key) >> 22 == 5) keys.push_back(key);
    }
    return keys;
}

}  // namespace

TEST_CASE("they crowd where some are far away, or where many are not near")
{
    Crowding far;
    CHECK(!far.add(128, 1000));
    CHECK(far.add(129, 1000));
    far.restart(7, 2);
    CHECK(far.seed() == 7);
    CHECK(!far.add(256, 1000));
    CHECK(far.add(257, 1000));
    Crowding many;
    for (int i = 0; i < 1256 / 8; ++i) CHECK(!many.add(8, 1000));
    many.remove(8);
    CHECK(!many.add(8, 1000));
    CHECK(many.add(8, 1000));
    CHECK(many.another(&many) != many.another(&far));
    CHECK(many.another(&many) != 0);
}

TEST_CASE("keys that begin at one place do not make a table quadratic")
{
    constexpr int keys = 10'000;
    std::vector<int> alike;
    for (int key = 0; alike.size() < keys; ++key) {
        if (tagOfKey(Seen{key}) >> 24 == 5) alike.push_back(key);
    }
    Table<Seen, int> table;
    for (int round = 0; round < 2; ++round) {
        Seen::looks = 0;
        for (int key = 0; key < 2 * keys; ++key) add(table, Seen{alike[static_cast<std::size_t>(key / 2)]});
        CHECK(table.crowding().seed() != 0);
        CHECK(Seen::looks < 20 * keys);  // of 100 million pairs
        table.finish();
        REQUIRE(table.entries().size() == keys);
        for (std::size_t i = 0; i < keys; ++i) {
            auto const& [seen, n] = table.entries()[i];
            REQUIRE((seen.value == alike[i] && n == 2));
        }
        table.clear();
        CHECK(table.crowding().seed() == 0);
    }
}

TEST_CASE("keys that begin at one place are hashed anew; their order, and that of hashes, stay")
{
    auto const keys = chosen(2000);
    Table<int, int> table;
    for (int const key : keys) add(table, key);
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) add(table, *key);
    CHECK(table.crowding().seed() != 0);
    table.finish();
    REQUIRE(table.entries().size() == keys.size());
    std::uint32_t seen = 0;
    table.inHashOrder([&](std::uint32_t tag, std::uint32_t i, auto const& key, int value) {
        REQUIRE(i == seen++);
        REQUIRE(table.entries()[i] == std::pair{keys[i], 2});
        CHECK(tag == tagOf(keys[i]));
        CHECK(decltype(table)::sameAs(key, keys[i]));
        CHECK(value == 2);
    });
    CHECK(seen == keys.size());

    // Among others, as the table grows on.
    for (int key = -1; key > -20'000; --key) add(table, key);
    for (int const key : keys) add(table, key);
    table.finish();
    CHECK(table.entries().size() == keys.size() + 19'999);
    CHECK(table.entries()[7].second == 3);
}

TEST_CASE("keys that come in the order of their hashes do not crowd for long")
{
    std::vector<int> keys;
    for (int key = 0; key < 20'000; ++key) keys.push_back(key);
    std::sort(keys.begin(), keys.end(), [](int a, int b) { return tagOf(a) < tagOf(b); });
    Table<int, int> table;
    for (int const key : keys) add(table, key);
    CHECK(table.crowding().seed() != 0);
    for (int const key : keys) add(table, key);
    table.finish();
    CHECK(table.entries().size() == keys.size());
    CHECK(std::all_of(table.entries().begin(), table.entries().end(), [](auto const& entry) { return entry.second == 2; }));
}

TEST_CASE("random keys are never hashed anew")
{
    Table<int, int> table;
    KeyIndex index;
    for (int key = 0; key < 200'000; ++key) {
        add(table, key);
        index.insert(tagOf(key), static_cast<std::uint32_t>(key));
    }
    CHECK(table.crowding().seed() == 0);
    CHECK(!index.crowds());
}

TEST_CASE("an index whose keys crowd hashes them anew, and finds, adds and erases them as before")
{
    std::vector<Seen> keys;
    KeyIndex index;
    auto const keyOf = [&](std::uint32_t number) -> Seen const& { return keys[number]; };
    auto const tag = 0xffffffffU;
    auto const find = [&](Seen const& key) {
        return index.find(index.tagFor(tag, key), [&](std::uint32_t number) { return sameKey(keys[number], key); });
    };
    for (int round = 0; round < 2; ++round) {
        Seen::looks = 0;
        constexpr int n = 20'000;
        for (int key = 0; key < n; ++key) {
            if (find({key}) != KeyIndex::none) FAIL("it is not there yet");
            index.reserve(index.size() + 1, keyOf);
            keys.push_back({key});
            index.insert(index.tagFor(tag, keys.back()), static_cast<std::uint32_t>(key));
        }
        CHECK(index.crowds());
        CHECK(index.crowding().seed() != 0);
        for (int key = 0; key < n; key += 2)
            index.erase(index.tagFor(tag, keys[static_cast<std::size_t>(key)]), static_cast<std::uint32_t>(key));
        CHECK(index.size() == n / 2);
        for (int key = 0; key < n; ++key) REQUIRE(find({key}) == (key % 2 == 0 ? KeyIndex::none : static_cast<std::uint32_t>(key)));
        CHECK(Seen::looks < 40 * n);
        index.clear();
        keys.clear();
        CHECK(!index.crowds());
    }
}

TEST_CASE("an index that grows goes back to the hash as it is where the keys do not crowd any more")
{
    auto const crowd = chosen(300);
    std::vector<int> keys;
    KeyIndex index;
    auto const add = [&](int key) {
        index.reserve(index.size() + 1, [&](std::uint32_t number) { return keys[number]; });
        keys.push_back(key);
        index.insert(index.tagFor(tagOf(key), key), static_cast<std::uint32_t>(keys.size() - 1));
    };
    for (int const key : crowd) add(key);
    CHECK(index.crowding().seed() != 0);
    for (std::uint32_t number = 8; number < keys.size(); ++number) index.erase(index.tagFor(tagOf(keys[number]), keys[number]), number);
    for (int key = -1; key > -20'000; --key) add(key);
    CHECK(index.crowding().seed() == 0);
    for (std::uint32_t number = 0; number < keys.size(); ++number) {
        auto const found =
            index.find(index.tagFor(tagOf(keys[number]), keys[number]), [&](std::uint32_t n) { return keys[n] == keys[number]; });
        REQUIRE(found == (number >= 8 && number < crowd.size() ? KeyIndex::none : number));
    }
}
