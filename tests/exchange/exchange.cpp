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
