#include <sluice/exchange/exchange.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/reduce_by_key.hpp>

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

using namespace sluice;
using sluice::detail::partitionOf;

namespace {

using Pair = std::pair<int, int>;

/// Keeps all values of a key: order matters.
constexpr auto append = [](std::string const& a, std::string const& b) { return a + b; };

/// What reduceByKey should give: keys by first occurrence in each partition, values combined in partition order.
template <class K, class V, class F>
std::vector<std::pair<K, V>> expected(std::vector<std::pair<K, V>> const& records, std::size_t targets, F const& f)
{
    std::vector<std::vector<std::pair<K, V>>> parts(targets);
    for (auto const& [key, value] : records) {
        auto& part = parts[partitionOf(hashOf(key), targets)];
        bool found = false;
        for (auto& [k, v] : part) {
            if (k != key) continue;
            v = f(v, value);
            found = true;
        }
        if (!found) part.emplace_back(key, value);
    }
    std::vector<std::pair<K, V>> all;
    for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace

TEST_CASE("every hash has its partition, and all partitions are met")
{
    for (std::size_t const n : {1U, 2U, 3U, 7U, 64U}) {
        std::vector<int> met(n);
        for (int key = 0; key < 1000; ++key) {
            auto const p = partitionOf(hashOf(key), n);
            REQUIRE(p < n);
            ++met[p];
        }
        for (int const times : met) CHECK(times > 0);
        CHECK(partitionOf(~std::uint64_t{0}, n) == n - 1);
        CHECK(partitionOf(0, n) == 0);
    }
}

TEST_CASE("keys stand by their first occurrence, and values meet in the order of partitions")
{
    std::mt19937 random{7};
    for (int round = 0; round < 100; ++round) {
        std::vector<std::pair<std::string, std::string>> records(random() % 40);
        for (auto& [key, value] : records) {
            key = std::string(1 + random() % 20, static_cast<char>('a' + random() % 4));
            value = static_cast<char>('A' + random() % 26);
        }
        for (std::size_t const targets : {1U, 3U}) {
            auto const once = expected(records, targets, append);
            for (std::size_t const partitions : {1U, 2U, 5U}) {
                CHECK((rdd(records, partitions) | reduceByKey(append, targets) | collect()) == once);
            }
        }
    }
}

TEST_CASE("an exchange is made once, and anew after what it threw")
{
    int calls = 0;
    bool bad = true;
    auto const sums = rdd({Pair{1, 1}, Pair{1, 2}, Pair{2, 3}}) | reduceByKey([&](int a, int b) {
                          ++calls;
                          if (bad) throw std::runtime_error{"bad"};
                          return a + b;
                      });
    CHECK_THROWS_AS(sums | collect(), StreamError);
    bad = false;
    auto const result = sums | collect();
    CHECK(std::map<int, int>(result.begin(), result.end()) == std::map<int, int>{{1, 3}, {2, 3}});
    CHECK((sums | collect()) == result);
    CHECK(calls == 2);
}

TEST_CASE("where there is nothing to exchange there is a result")
{
    std::vector<Pair> const none;
    auto const sums = rdd(none, 4) | reduceByKey([](int a, int) { return a; }, 3);
    CHECK(sums.numPartitions() == 3);
    CHECK((sums | collect()).empty());
}

TEST_CASE("a partitioner is asked once for each key of a partition, however many records it has")
{
    struct Asked {
        int* times;
        [[nodiscard]] std::size_t numPartitions() const { return 2; }
        [[nodiscard]] std::size_t partition(int key) const
        {
            ++*times;
            return key % 2 == 0 ? 0 : 1;
        }
        bool operator==(Asked const&) const = default;
    };
    std::vector<Pair> records;
    for (int i = 0; i < 600; ++i) records.emplace_back(i % 3, 1);
    int times = 0;
    auto const sums = rdd(records, 4) | reduceByKey(std::plus{}, Asked{&times}) | collect();
    CHECK(sums == std::vector<Pair>{{0, 200}, {2, 200}, {1, 200}});
    CHECK(times == 12);
}

TEST_CASE("very many keys of several partitions stand by their first occurrence, too")
{
    std::vector<std::pair<std::string, int>> records;
    std::mt19937 random{3};
    for (int i = 0; i < 3000; ++i) records.emplace_back("a long key with a number " + std::to_string(random() % 1000), i);
    std::vector<std::pair<std::string, int>> firsts;
    std::map<std::string, bool> seen;
    for (auto const& [key, i] : records) {
        if (!std::exchange(seen[key], true)) firsts.emplace_back(key, i);
    }
    auto const first = [](int a, int) { return a; };
    for (std::size_t const partitions : {1U, 3U}) {
        CHECK((rdd(records, partitions) | reduceByKey(first, 1) | collect()) == firsts);
        std::vector<std::pair<std::string, int>> cut;
        for (std::size_t t = 0; t < 5; ++t) {
            for (auto const& one : firsts) {
                if (partitionOf(hashOf(one.first), 5) == t) cut.push_back(one);
            }
        }
        CHECK((rdd(records, partitions) | reduceByKey(first, 5) | collect()) == cut);
    }
}

TEST_CASE("whether keys come back or not, and however many they are: they stand where each record would have put them")
{
    std::mt19937 random{5};
    // keys, and records: few that come back; many that do not; first the ones, then the others; more than the cache has room for
    std::pair<int, int> const shapes[] = {{700, 5000}, {1 << 20, 5000}, {2500, 40'000}, {1 << 20, 150'000}};
    for (auto const& [keys, count] : shapes) {
        std::vector<std::pair<std::int64_t, std::int64_t>> records;
        for (int i = 0; i < count; ++i) records.emplace_back(i < 1500 ? random() % 600 : random() % static_cast<unsigned>(keys), i);
        for (std::size_t const targets : {2U, 5U}) {
            std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>> parts(targets);
            std::map<std::int64_t, std::size_t> places;
            for (auto const& [key, value] : records) {
                auto& part = parts[partitionOf(hashOf(key), targets)];
                auto const [place, isNew] = places.emplace(key, part.size());
                if (isNew) part.emplace_back(key, value);
                else part[place->second].second += value;
            }
            std::vector<std::pair<std::int64_t, std::int64_t>> all;
            for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
            for (std::size_t const partitions : {1U, 3U}) {
                CHECK((rdd(records, partitions) | reduceByKey(std::plus{}, targets) | collect()) == all);
            }
            // Also by text, and where values are not numbers.
            std::vector<std::pair<std::string, std::string>> texts;
            for (auto const& [key, value] : records) texts.emplace_back("key " + std::to_string(key), std::to_string(value % 10));
            if (count <= 5000) CHECK((rdd(texts, 3) | reduceByKey(append, targets) | collect()) == expected(texts, targets, append));
        }
    }
}
