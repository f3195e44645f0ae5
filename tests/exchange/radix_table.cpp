#include <sluice/exchange/radix_table.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/distinct.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/subtract.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using namespace sluice;
using namespace sluice::detail;

namespace {

/// The table that does the least: entries in the order of first occurrence, values by combine(value, other).
template <class K>
struct Plain {
    std::unordered_map<K, std::size_t> at;
    std::vector<std::pair<K, std::int64_t>> entries;

    void add(K const& key, std::int64_t value)
    {
        if (auto const [known, fresh] = at.emplace(key, entries.size()); fresh) entries.emplace_back(key, value);
        else entries[known->second].second = combined(entries[known->second].second, value);
    }
    /// Order matters.
    static std::int64_t combined(std::int64_t a, std::int64_t b)
    {
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * 31 + static_cast<std::uint64_t>(b));
    }
};

template <class K>
using KeyedRow = std::pair<K, std::int64_t>;

template <class K>
void absorb(RadixTable<K, std::int64_t>& table)
{
    table.template absorb<KeyedRow<K>>([](KeyedRow<K> const& row) -> K const& { return row.first; },
                                       [](K const&, KeyedRow<K> const& row) { return row; },
                                       [](std::int64_t& value, KeyedRow<K> const& row) { value = Plain<K>::combined(value, row.second); });
}
template <class K>
void addRow(RadixTable<K, std::int64_t>& table, KeyedRow<K> const& row)
{
    auto const at = sought<K>(row.first);
    if (!table.isDivided()) {
        table.upsert(at, row.first, [&] { return row; }, [&](std::int64_t& value) { value = Plain<K>::combined(value, row.second); });
    } else if (!table.wait(at, row)) {
        absorb(table);
    }
}

/// Numbers, and views of texts that last.
template <class K>
K keyOf(std::uint64_t i)
{
    if constexpr (std::is_same_v<K, std::string_view>) {
        static std::vector<std::string> const texts = [] {
            std::vector<std::string> all;
            for (std::size_t n = 0; n < 4000; ++n) all.push_back(std::string(n % 23, 'x') + std::to_string(n));
            return all;
        }();
        return texts[i % texts.size()];
    } else if constexpr (std::is_floating_point_v<K>) {
        return static_cast<K>(i) / 8;
    } else {
        return static_cast<K>(i);
    }
}

/// Numbers whose tags are all the same, as far as they can be.
std::uint64_t crowding(std::uint64_t i) { return i * 0xf1de83e19937733dULL; }

}  // namespace

TEST_CASE_TEMPLATE("a divided table gives what a plain one does, in the same order, whenever it was divided and however rows came", K, int,
                   std::uint64_t, double, std::string_view)
{
    std::mt19937 random{11};
    RadixTable<K, std::int64_t> table;
    for (int round = 0; round < 12; ++round) {
        CAPTURE(round);
        Plain<K> plain;
        std::size_t const before = round % 3 == 0 ? 0 : random() % 2000;
        std::size_t const behind = round == 1 ? 0 : random() % 6000;
        std::uint64_t const keys = round % 2 == 0 ? 4000 : 50;
        auto const add = [&](std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                KeyedRow<K> const row{keyOf<K>(random() % keys), static_cast<std::int64_t>(i)};
                plain.add(row.first, row.second);
                addRow(table, row);
            }
        };
        add(before);
        table.divide();
        CHECK(table.isDivided());
        for (int part = 0; part < 3; ++part) {
            add(behind / 3);
            absorb(table);
        }
        table.finish();
        CHECK(!table.isDivided());
        REQUIRE(std::vector<KeyedRow<K>>(table.entries().begin(), table.entries().end()) == plain.entries);

        std::size_t seen = 0;
        table.inHashOrder([&](std::uint32_t tag, std::uint32_t i, auto const&, std::int64_t value) {
            ++seen;
            if (i == table.unknown) return;
            CHECK(tag == tagOfKey(table.entries()[i].first));
            CHECK(value == table.entries()[i].second);
        });
        CHECK(seen == plain.entries.size());
        table.clear();
        CHECK(table.empty());
    }
}

TEST_CASE("two divided tables are one behind the other, and so they meet")
{
    std::mt19937 random{12};
    using Key = std::string_view;
    for (int round = 0; round < 6; ++round) {
        RadixTable<Key, std::int64_t> into;
        Plain<Key> expected;
        for (int table = 0; table < 3; ++table) {
            RadixTable<Key, std::int64_t> from;
            Plain<Key> plain;
            if (table % 2 == round % 2) from.divide();
            for (std::size_t i = random() % 3000; i > 0; --i) {
                KeyedRow<Key> const row{keyOf<Key>(random() % 4000), static_cast<std::int64_t>(i)};
                addRow(from, row);
                plain.add(row.first, row.second);
            }
            absorb(from);
            if (!from.isDivided()) from.divide();
            if (!into.isDivided()) into.divide();
            into.absorb(from, [](std::int64_t& value, std::int64_t other) { value = Plain<Key>::combined(value, other); });
            for (auto const& [key, value] : plain.entries) expected.add(key, value);
        }
        into.finish();
        REQUIRE(std::vector<KeyedRow<Key>>(into.entries().begin(), into.entries().end()) == expected.entries);
    }
}

TEST_CASE("keys that were chosen to lie in one part, at one place, are told apart in time that grows with their number")
{
    RadixTable<std::uint64_t, std::int64_t> table;
    table.divide();
    Plain<std::uint64_t> plain;
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            KeyedRow<std::uint64_t> const row{crowding(i), round};
            addRow(table, row);
            plain.add(row.first, row.second);
        }
        for (std::uint64_t i = 0; i < 3000; ++i) {  // others beside them
            KeyedRow<std::uint64_t> const row{i, round};
            addRow(table, row);
            plain.add(row.first, row.second);
        }
        absorb(table);
    }
    table.finish();
    CHECK(std::vector<KeyedRow<std::uint64_t>>(table.entries().begin(), table.entries().end()) == plain.entries);
}

TEST_CASE("what a function throws leaves a table that can be cleared, and used")
{
    RadixTable<int, std::int64_t> table;
    for (int round = 0; round < 2; ++round) {
        table.divide();
        for (int i = 0; i < 100; ++i) addRow(table, {i % 60, 1});
        auto const throwing = [&] {
            table.absorb<KeyedRow<int>>([](KeyedRow<int> const& row) -> int const& { return row.first; },
                                        [&](int key, KeyedRow<int> const& row) {
                                            if (round == 0 && key == 30) throw std::runtime_error{"no value"};
                                            return row;
                                        },
                                        [](std::int64_t&, KeyedRow<int> const&) { throw std::runtime_error{"no sum"}; });
        };
        CHECK_THROWS_AS(throwing(), std::runtime_error);
        table.clear();
        CHECK(table.empty());
        table.finish();
    }
    for (int i = 0; i < 100; ++i) addRow(table, {i % 60, 1});
    table.finish();
    CHECK(table.entries().size() == 60);
}

TEST_CASE("an exchange of many keys gives what a plain one does: partitions on both sides, keys that are new and that are not")
{
    std::mt19937 random{13};
    for (std::uint64_t const keys : {15'000U, 60'000U, 1'000'000U}) {
        CAPTURE(keys);
        std::vector<KeyedRow<std::uint64_t>> rows;
        for (std::int64_t i = 0; i < 70'000; ++i) rows.emplace_back(random() % keys * 977, i);
        for (std::size_t const partitions : {1U, 3U}) {
            for (std::size_t const targets : {1U, 2U}) {
                std::vector<Plain<std::uint64_t>> plain(targets);
                for (auto const& [key, value] : rows) plain[partitionOf(hashOf(key), targets)].add(key, value);
                auto const parts = rdd(rows, partitions) |
                                   reduceByKey([](std::int64_t a, std::int64_t b) { return a ^ (b << 1); }, targets) |
                                   map([](KeyedRow<std::uint64_t> const& row) { return row.first; }) | glom() | collect();
                REQUIRE(parts.size() == targets);
                for (std::size_t t = 0; t < targets; ++t) {
                    std::vector<std::uint64_t> expected;
                    for (auto const& entry : plain[t].entries) expected.push_back(entry.first);
                    REQUIRE(parts[t] == expected);
                }
            }
        }
        // Addition, and the values themselves.
        Plain<std::uint64_t> order;
        std::unordered_map<std::uint64_t, std::int64_t> sums;
        for (auto const& [key, value] : rows) order.add(key, value), sums[key] += value;
        std::vector<KeyedRow<std::uint64_t>> expected;
        for (auto const& entry : order.entries) expected.emplace_back(entry.first, sums[entry.first]);
        CHECK((rdd(rows, 3) | reduceByKey(std::plus{}, 1) | collect()) == expected);
    }
}

TEST_CASE("an exchange of many texts, of several batches, of what throws")
{
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 50'000; ++i) texts.push_back(std::string(i % 19, 'k') + std::to_string(i % 38'000));
    std::vector<std::string_view> views(texts.begin(), texts.end());
    std::vector<std::string> expected(texts.begin(), texts.end());
    std::unordered_map<std::string, int> seen;
    std::erase_if(expected, [&](auto const& text) { return ++seen[text] > 1; });
    for (std::size_t const partitions : {1U, 2U}) {
        auto const all = rdd(views, partitions) | distinct(1) | map([](std::string_view text) { return std::string{text}; }) | collect();
        CHECK(all == expected);
    }
    std::vector<std::string_view> const others(views.begin() + 100, views.end() - 5000);
    std::unordered_set<std::string_view> const without(others.begin(), others.end());
    auto left = texts;
    std::erase_if(left, [&](auto const& text) { return without.contains(text); });
    CHECK((rdd(views) | subtract(rdd(others)) | map([](std::string_view text) { return std::string{text}; }) | collect()) == left);

    auto const sums = rdd(views, 2) | map([](std::string_view text) { return std::pair{text, 1}; }) |
                      reduceByKey([](int a, int b) -> int { return a + b > 1 ? throw std::runtime_error{"two"} : a + b; });
    for (int i = 0; i < 2; ++i) CHECK_THROWS_AS(sums | collect(), StreamError);
}
