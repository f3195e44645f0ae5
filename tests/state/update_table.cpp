#include <sluice/state/update_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace sluice::detail;

namespace {

using Values = std::vector<int>;
using Records = std::vector<std::pair<std::string, int>>;

std::uint32_t tagOf(std::string const& key) { return tagOfKey(key); }

template <class Table>
std::map<std::string, int> statesOf(Table const& table)
{
    std::map<std::string, int> all;
    bool once = true;  // one assertion for all: they are millions
    table.entries().eachSpan(0, [&](auto const* entries, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) once = all.emplace(entries[i].first, entries[i].second).second && once;
        struct {
            std::size_t count;
            bool more;
        } const taken{n, true};
        return taken;
    });
    CHECK(once);
    return all;
}

/// Batches of random groups; some states go when they are visited; some batches fail at a random visit and are undone.
template <bool mayThrow>
void randomBatches(unsigned seed, int burst = 0, bool keysMove = false)
{
    std::minstd_rand random{seed};
    UpdateTable<std::string, int, int, mayThrow> table;
    std::map<std::string, int> oracle;
    for (int i = 0; i < 70; ++i) {
        auto const key = "old " + std::to_string(i);
        CHECK(table.load(tagOf(key), key, int{i}));
        CHECK(!table.load(tagOf(key), key, 99));
        oracle[key] = i;
    }
    for (int t = 0; t < 150; ++t) {
        CAPTURE(t);
        Records records;
        std::map<std::string, Values> groups;
        for (auto n = random() % (t % 3 == 0 ? 200 : 30); n > 0; --n) {
            auto const key = (random() % 3 == 0 ? "old " : "new ") + std::to_string(random() % 90);
            auto const value = static_cast<int>(random() % 100);
            records.emplace_back(key, value);
            groups[key].push_back(value);
        }
        for (int i = t % 50 == 10 ? burst : 0; i > 0; --i) {
            auto const key = "many " + std::to_string(i);
            records.emplace_back(key, i);
            groups[key].push_back(i);
        }
        if (keysMove && random() % 3 == 0) {
            auto const rest = random() % 3;
            auto const leaves = [rest](std::string const& key) { return std::hash<std::string>{}(key) % 3 == rest; };
            table.forget(leaves);
            std::erase_if(oracle, [&](auto const& one) { return leaves(one.first); });
            bool told = false;
            table.changes([&](std::string const& key, auto const*) { told = told || leaves(key); });
            CHECK(!told);
            for (int i = 0; i < 5; ++i) {
                auto const key = "old " + std::to_string(random() % 90);
                if (table.load(tagOf(key), key, int{i})) oracle[key] = i;
            }
        }
        auto const before = oracle;
        std::map<std::string, int> visited;
        bool right = true;
        std::map<std::string, int> next;
        auto failAt = mayThrow && random() % 3 == 0 ? static_cast<int>(random() % 60) : 100000;
        table.begin();
        try {
            auto const half = records.size() / 2;
            table.take(records.data(), half);
            table.take(records.data() + half, records.size() - half);
            table.visit([&](std::string const& key, Values const& values, std::optional<int> state) -> std::optional<int> {
                if (failAt-- == 0) throw std::runtime_error{"told to"};
                auto const known = before.find(key);
                right = right && ++visited[key] == 1 && values == groups[key] && state.has_value() == (known != before.end());
                right = right && (!state || *state == known->second);
                int sum = state.value_or(0) + 1;
                for (int const value : values) sum += value;
                if (sum % 7 == 0 || (key[0] == 'm' && values.empty())) return std::nullopt;
                next[key] = sum;
                return sum;
            });
            table.ready();
            if (mayThrow && random() % 10 == 0) throw std::runtime_error{"another partition"};
            table.commit();
            oracle = next;
            for (auto const& [key, state] : before) right = right && visited.contains(key);
            for (auto const& [key, value] : records) right = right && visited.contains(key);
            CHECK(visited.size() <= before.size() + groups.size());
            std::map<std::string, int> removed;
            table.changes([&](std::string const& key, auto const* entry) {
                right = right && (entry == nullptr ? ++removed[key] == 1 : oracle.at(key) == entry->second);
            });
            for (auto const& [key, state] : before) right = right && removed.contains(key) == !oracle.contains(key);
        } catch (std::runtime_error const&) {
            table.undo();
        }
        CHECK(right);
        CHECK(statesOf(table) == oracle);
        CHECK(table.size() == oracle.size());
    }
}

}  // namespace

TEST_CASE("batches of random visits leave what a map would have, those that fail nothing")
{
    for (unsigned seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        randomBatches<true>(seed);
        randomBatches<false>(seed);
    }
}

TEST_CASE("keys that leave between batches are not told as removed")
{
    for (unsigned seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        randomBatches<true>(seed, 0, true);
        randomBatches<false>(seed, 300, true);
    }
    UpdateTable<int, int, int, true> table;
    for (int key = 0; key < 100'000; ++key) table.load(tagOfKey(key), key, int{key});
    auto const full = table.bytes();
    table.forget([](int key) { return key >= 100; });
    CHECK(table.size() == 100);
    CHECK(table.bytes() < full / 50);
    CHECK(table.has(tagOfKey(99), 99));
}

TEST_CASE("all rows are handed out, with what they have")
{
    UpdateTable<std::string, int, int, true> table;
    table.load(tagOf("a"), std::string{"a"}, 1);
    table.load(tagOf("b"), std::string{"b"}, 2);
    table.begin();
    Records const records{{"b", 5}, {"c", 5}, {"c", 6}};
    table.take(records.data(), records.size());
    std::map<std::string, std::string> rows;
    table.hand([&](std::string const& key, Values const& values, std::optional<int> state) {
        rows[key] = std::to_string(values.size()) + "/" + (state ? std::to_string(*state) : "none");
    });
    CHECK(rows == std::map<std::string, std::string>{{"a", "0/1"}, {"b", "1/2"}, {"c", "2/none"}});
    CHECK(table.has(tagOf("a"), "a"));
    CHECK(!table.has(tagOf("c"), "c"));
    table.remember("gone");
    int gone = 0;
    table.changes([&](std::string const& key, auto const* entry) { gone += entry == nullptr && key == "gone" ? 1 : 0; });
    CHECK(gone == 1);
}

TEST_CASE("a burst of keys leaves nothing behind: states stay right, and memory is that of the keys that are there")
{
    randomBatches<true>(1, 2000);
    randomBatches<false>(2, 2000);
    UpdateTable<std::string, int, int, true> table;
    Records few;
    for (int i = 0; i < 100; ++i) few.emplace_back("key " + std::to_string(i), i);
    auto many = few;
    for (int i = 0; i < 40'000; ++i) many.emplace_back(std::to_string(i), i);
    std::size_t level = 0;
    std::size_t most = 0;
    std::vector<std::string> order;
    for (int t = 1; t <= 40; ++t) {
        CAPTURE(t);
        auto const& records = t == 10 ? many : few;
        table.begin();
        table.take(records.data(), records.size());
        std::vector<std::string> now;
        table.visit([&](std::string const& key, Values const& values, std::optional<int>) -> std::optional<int> {
            if (key[0] == 'k') now.push_back(key);
            return values.empty() ? std::nullopt : std::optional{values[0]};
        });
        table.ready();
        table.commit();
        most = std::max(most, table.bytes());
        if (t == 9) level = table.bytes();
        if (t == 1) order = now;
        CHECK(now == order);
        if (t > 10) CHECK(table.size() == 100);
    }
    CHECK(most > 50 * level);
    CHECK(table.bytes() <= 2 * level);
}

TEST_CASE("a burst of records of the same keys leaves nothing behind either")
{
    UpdateTable<int, int, int, true> table;
    std::vector<std::pair<int, int>> const many(40'000, {1, 1});
    std::size_t level = 0;
    for (int t = 1; t <= 30; ++t) {
        table.begin();
        table.take(many.data(), t == 10 ? many.size() : 20);
        table.visit([&](int, Values const& values, std::optional<int>) { return std::optional{static_cast<int>(values.size())}; });
        table.ready();
        table.commit();
        if (t == 9) level = table.bytes();
    }
    CHECK(table.bytes() <= 2 * level);
}

TEST_CASE("records that come in many spans make room now and then, not for each")
{
    UpdateTable<int, int, int, true> table;
    std::pair<int, int> const record{1, 1};
    table.begin();
    auto bytes = table.bytes();
    int grown = 0;
    for (int span = 0; span < 10'000; ++span) {
        table.take(&record, 1);
        grown += table.bytes() != bytes ? 1 : 0;
        bytes = table.bytes();
    }
    CHECK(grown < 60);
    std::size_t values = 0;
    table.visit([&](int, Values const& all, std::optional<int>) { return std::optional{static_cast<int>(values = all.size())}; });
    CHECK(values == 10'000);
}
