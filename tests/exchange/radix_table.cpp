#include <sluice/exchange/radix_table.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/distinct.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/subtract.hpp>
#include <sluice/testing/run_batches.hpp>

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

/// How the rows of a Plain meet.
template <class K>
struct AsPlain {
    static K const& key(KeyedRow<K> const& row) { return row.first; }
    static KeyedRow<K> create(KeyedRow<K> const& row) { return row; }
    static void add(std::int64_t& value, KeyedRow<K> const& row) { value = Plain<K>::combined(value, row.second); }
    static void merge(std::int64_t& value, std::int64_t other) { value = Plain<K>::combined(value, other); }
};
template <class K>
void absorb(RadixTable<K, std::int64_t>& table)
{
    if (table.hasRows()) table.template meet<KeyedRow<K>>(1, 0, AsPlain<K>{});
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

TEST_CASE_TEMPLATE("several tables meet as if each had been made first, whatever waits in them, and which are not divided", Key,
                   std::string_view, int)
{
    std::mt19937 random{12};
    RadixTable<Key, std::int64_t> tables[8];  // every second one, so that those that meet do not stand side by side
    for (int round = 0; round < 12; ++round) {
        CAPTURE(round);
        Plain<Key> expected;
        std::size_t const keys = round % 3 == 0 ? 4000 : 300;
        for (std::size_t t = 0; t < 4; ++t) {
            auto& from = tables[2 * t];
            Plain<Key> plain;
            auto const kind = random() % 5;
            if (kind == 0) continue;  // nothing at all
            if (kind > 2 && !from.begin()) from.divide();
            if (kind == 2) {  // it is divided, and nothing is in it
                from.divide();
                continue;
            }
            auto const rows = kind == 1 ? random() % 3000 : random() % 9000;
            for (std::size_t i = rows; i > 0; --i) {
                KeyedRow<Key> const row{keyOf<Key>(random() % keys), static_cast<std::int64_t>(i)};
                addRow(from, row);
                plain.add(row.first, row.second);
                if (kind == 4 && i == rows / 2) absorb(from);
            }
            for (auto const& [key, value] : plain.entries) expected.add(key, value);
        }
        tables[0].template meet<KeyedRow<Key>>(4, 2, AsPlain<Key>{});
        CHECK(tables[0].isDivided());
        for (std::size_t t = 1; t < 4; ++t) CHECK(!tables[2 * t].hasRows());
        tables[0].finish();
        REQUIRE(std::vector<KeyedRow<Key>>(tables[0].entries().begin(), tables[0].entries().end()) == expected.entries);
        for (auto& table : tables) table.clear();
    }
}

TEST_CASE("a table that was better divided is so from the first row of the next batch on, until keys are few again")
{
    RadixTable<std::uint64_t, std::int64_t> table;
    CHECK(!table.begin());
    for (std::uint64_t const keys : {100'000U, 100'000U, 100U, 100U}) {
        bool const divided = table.begin();
        CHECK(divided == table.isDivided());
        if (!divided && keys > 100) table.divide();
        for (std::uint64_t i = 0; i < 2 * keys; ++i) addRow(table, {i % keys, 1});
        absorb(table);
        table.finish();
        REQUIRE(table.entries().size() == keys);
        for (std::uint64_t i = 0; i < keys; ++i)
            REQUIRE(table.entries()[i] == KeyedRow<std::uint64_t>{i, Plain<std::uint64_t>::combined(1, 1)});
        table.clear();
    }
    CHECK(!table.begin());
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
        struct Throwing : AsPlain<int> {
            int round;
            [[nodiscard]] KeyedRow<int> create(KeyedRow<int> const& row) const
            {
                if (round == 0 && row.first == 30) throw std::runtime_error{"no value"};
                return row;
            }
            static void add(std::int64_t&, KeyedRow<int> const&) { throw std::runtime_error{"no sum"}; }
        };
        auto const throwing = [&] { table.meet<KeyedRow<int>>(1, 0, Throwing{{}, round}); };
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
            for (std::size_t const targets : {1U, 2U, 5U}) {
                // each partition by itself, then one behind the other
                std::vector<Plain<std::uint64_t>> plain(targets);
                auto const slices = rdd(rows, partitions) | glom() | collect();
                for (auto const& slice : slices) {
                    Plain<std::uint64_t> one;
                    for (auto const& [key, value] : slice) one.add(key, value);
                    for (auto const& [key, value] : one.entries) plain[partitionOf(hashOf(key), targets)].add(key, value);
                }
                auto const parts = rdd(rows, partitions) | reduceByKey(Plain<std::uint64_t>::combined, targets) | glom() | collect();
                REQUIRE(parts.size() == targets);
                for (std::size_t t = 0; t < targets; ++t) REQUIRE(parts[t] == plain[t].entries);
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

TEST_CASE("batches of a stream have what each of them has alone, though many keys follow few, and few many")
{
    using Pair = KeyedRow<std::uint64_t>;
    std::mt19937 random{14};
    testing::Batches<Pair> in, expected;
    for (std::uint64_t const keys : {300'000U, 300'000U, 50U, 0U, 300'000U}) {
        std::vector<Pair> rows;
        for (std::int64_t i = 0; keys != 0 && i < 90'000; ++i) rows.emplace_back(random() % keys * 977, i);
        auto const combined = rdd(rows, 2) | reduceByKey(Plain<std::uint64_t>::combined, 2) | collect();
        in.push_back(rows);
        expected.push_back(combined);
    }
    auto const out = testing::runBatches<Pair>(in, [](auto pairs) { return pairs | reduceByKey(Plain<std::uint64_t>::combined, 2); });
    CHECK(out == expected);
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
