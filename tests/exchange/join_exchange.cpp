#include <sluice/exchange/join_exchange.hpp>
#include <sluice/operators/full_outer_join.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/left_outer_join.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/right_outer_join.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../operators/laws.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

template <class K, class V>
using Rows = std::vector<std::pair<K, V>>;
template <class K, class V, class W>
using Met = std::vector<std::pair<K, std::pair<std::optional<V>, std::optional<W>>>>;

/// What a full outer join should give in each partition: the keys of the left by first occurrence, then those of the right alone.
template <class K, class V, class W>
Met<K, V, W> expected(Rows<K, V> const& left, Rows<K, W> const& right, std::size_t targets, bool leftMayLack, bool rightMayLack)
{
    Met<K, V, W> all;
    for (std::size_t t = 0; t < targets; ++t) {
        std::vector<K> keys;
        auto const note = [&](K const& key) {
            auto const here = targets == 1 || detail::partitionOf(hashOf(key), targets) == t;
            if (here && std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
        };
        for (auto const& [key, value] : left) note(key);
        for (auto const& [key, value] : right) note(key);
        for (auto const& key : keys) {
            std::vector<std::optional<V>> vs;
            std::vector<std::optional<W>> ws;
            for (auto const& [k, v] : left) {
                if (k == key) vs.emplace_back(v);
            }
            for (auto const& [k, w] : right) {
                if (k == key) ws.emplace_back(w);
            }
            if (vs.empty() && leftMayLack) vs.emplace_back();
            if (ws.empty() && rightMayLack) ws.emplace_back();
            for (auto const& v : vs) {
                for (auto const& w : ws) all.push_back({key, {v, w}});
            }
        }
    }
    return all;
}

/// As optionals, so that all kinds compare alike.
auto shown(auto const& joined)
{
    auto const all = joined | collect();
    using K = std::remove_cvref_t<decltype(all[0].first)>;
    auto const optional = []<class T>(T const& value) {
        if constexpr (requires { value.has_value(); }) return value;
        else return std::optional{value};
    };
    using V = typename decltype(optional(all[0].second.first))::value_type;
    using W = typename decltype(optional(all[0].second.second))::value_type;
    Met<K, V, W> met;
    for (auto const& [key, values] : all) met.push_back({key, {optional(values.first), optional(values.second)}});
    return met;
}

/// With as many partitions on each side and behind it as matter.
template <class K, class V, class W>
void forPartitions(Rows<K, V> const& left, Rows<K, W> const& right, auto const& check)
{
    for (std::size_t targets : {1U, 3U}) {
        for (std::size_t n : {1U, 4U}) check(rdd(left, n), rdd(right, 5 - n), targets);
    }
}

/// With values, and with optional ones on both sides, which is what all kinds are made of.
template <class K, class V, class W>
void checkInnerAndFull(Rows<K, V> const& left, Rows<K, W> const& right)
{
    forPartitions(left, right, [&](auto const& a, auto const& b, std::size_t targets) {
        CHECK(shown(a | join(b, targets)) == expected(left, right, targets, false, false));
        CHECK(shown(a | fullOuterJoin(b, targets)) == expected(left, right, targets, true, true));
    });
}

template <class K, class V, class W>
void checkAllKinds(Rows<K, V> const& left, Rows<K, W> const& right)
{
    checkInnerAndFull(left, right);
    forPartitions(left, right, [&](auto const& a, auto const& b, std::size_t targets) {
        CHECK(shown(a | leftOuterJoin(b, targets)) == expected(left, right, targets, false, true));
        CHECK(shown(a | rightOuterJoin(b, targets)) == expected(left, right, targets, true, false));
    });
}

template <class K, class Make>
auto someRows(std::size_t size, std::size_t keys, unsigned seed, Make const& make)
{
    std::mt19937 random{seed};
    Rows<K, decltype(make(0))> rows;
    for (std::size_t i = 0; i < size; ++i) {
        if constexpr (std::is_same_v<K, std::string>) {
            auto const number = random() % keys;
            rows.emplace_back(std::string(number % 40, 'x') + std::to_string(number), make(i));
        } else {
            rows.emplace_back(static_cast<K>(random() % keys), make(i));
        }
    }
    return rows;
}

constexpr auto numbered = [](std::size_t i) { return static_cast<int>(i); };
constexpr auto texts = [](std::size_t i) { return "a text that takes memory of its own, number " + std::to_string(i); };

/// Some copy of it throws.
struct Fragile {
    int value = 0;

    explicit Fragile(int v) : value(v) {}
    Fragile(Fragile const& other) : value(other.value)
    {
        if (left > 0 && --left == 0) throw std::runtime_error{"no copy"};
    }
    Fragile(Fragile&& other) noexcept : value(other.value) {}
    Fragile& operator=(Fragile const&) = default;
    ~Fragile() = default;

    static inline int left = 0;
};

/// Copied as bytes, but neither made of nothing nor assigned.
struct Fixed {
    int const value;
    friend bool operator==(Fixed const&, Fixed const&) = default;
};

}  // namespace

TEST_CASE("random batches, with keys that are there many times and once, on both sides and on one")
{
    unsigned seed = 0;
    for (std::size_t keys : {1U, 2U, 30U, 400U}) {
        for (std::size_t l : {0U, 1U, 63U, 64U, 65U, 200U}) {
            for (std::size_t r : {0U, 1U, 64U, 150U}) {
                if (keys < 30 && l * r > 5000) continue;
                auto const left = someRows<std::int64_t>(l, keys, ++seed, numbered);
                auto const right = someRows<std::int64_t>(r, keys, ++seed, numbered);
                checkAllKinds(left, right);
            }
        }
    }
}

TEST_CASE("values and keys that own memory, that are bools, or that cannot be assigned")
{
    checkInnerAndFull(someRows<std::string>(150, 100, 1, texts), someRows<std::string>(120, 100, 2, texts));
    checkInnerAndFull(someRows<std::string>(150, 40, 3, [](std::size_t i) { return i % 3 == 0; }),
                      someRows<std::string>(90, 50, 4, numbered));
    checkInnerAndFull(someRows<short>(150, 40, 5, [](std::size_t i) { return Fixed{static_cast<int>(i)}; }),
                      someRows<short>(90, 50, 6, [](std::size_t i) { return i % 2 == 0; }));
}

TEST_CASE("each NaN is the same key, and so are 0.0 and -0.0, which is shown as it stands on the left")
{
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    auto const out = rdd({std::pair{-0.0, 1}, std::pair{nan, 2}}) | join(rdd({std::pair{-nan, 3}, std::pair{0.0, 4}})) | collect();
    REQUIRE(out.size() == 2);
    CHECK(std::signbit(out[0].first));
    CHECK(out[0].second == std::pair{1, 4});
    CHECK(std::isnan(out[1].first));
    CHECK(out[1].second == std::pair{2, 3});
}

TEST_CASE("keys that collide cost no more than others, and find each other")
{
    // These have one tag: they differ by multiples of what the multiplication of the hash undoes in its upper half.
    std::uint64_t inverse = 0x9e3779b97f4a7c15ULL;
    for (int i = 0; i < 6; ++i) inverse *= 2 - 0x9e3779b97f4a7c15ULL * inverse;
    Rows<std::int64_t, int> left;
    Rows<std::int64_t, int> right;
    for (int i = 0; i < 3000; ++i) {
        auto const key = static_cast<std::int64_t>(inverse * static_cast<std::uint64_t>(i));
        REQUIRE(detail::tagOfKey(key) == 0);
        if (i % 3 != 0) left.emplace_back(key, i);
        if (i % 3 != 1) right.emplace_back(key, i);
    }
    auto const both = rdd(left) | join(rdd(right)) | collect();
    REQUIRE(both.size() == 1000);
    for (auto const& [key, values] : both) REQUIRE(values.first == values.second);
    auto const all = rdd(left) | fullOuterJoin(rdd(right)) | collect();
    REQUIRE(all.size() == 3000);
    CHECK(all.back() == std::pair{right[right.size() - 2].first, std::pair{std::optional<int>{}, std::optional{2997}}});
}

TEST_CASE("no more is made than is taken")
{
    auto const many = someRows<std::int64_t>(2000, 1, 1, numbered);
    auto const joined = rdd(many) | join(rdd(many));
    CHECK((joined | take(3)).size() == 3);
}

TEST_CASE("the result is the same each time, and where the memory of another batch is used again")
{
    std::vector<Rows<std::int64_t, int>> a;
    std::vector<Rows<std::int64_t, int>> b;
    testing::Batches<std::pair<std::int64_t, int>> ins;
    testing::Batches<std::pair<std::int64_t, int>> others;
    for (unsigned i = 0; i < 6; ++i) {
        a.push_back(someRows<std::int64_t>(i % 2 == 0 ? 300 : 3, 40, 2 * i, numbered));
        b.push_back(someRows<std::int64_t>(i % 3 == 0 ? 200 : 5, 40, 2 * i + 1, numbered));
        ins.push_back(a.back());
        others.push_back(b.back());
    }
    auto const out = testing::runBatches<std::pair<std::int64_t, int>, std::pair<std::int64_t, int>>(
        ins, others, [](auto x, auto y) { return x | fullOuterJoin(y, 1); }, {.partitions = 3, .master = "local[2]"});
    testing::Batches<std::pair<std::int64_t, std::pair<std::optional<int>, std::optional<int>>>> wanted;
    for (std::size_t i = 0; i < a.size(); ++i) wanted.push_back(expected(a[i], b[i], 1, true, true));
    CHECK(out == wanted);
}

TEST_CASE("what throws on the way in or out fails the batch, which may be tried again")
{
    std::vector<std::pair<int, Fragile>> rows;
    for (int i = 0; i < 100; ++i) rows.emplace_back(i % 10, Fragile{i});
    auto const joined = rdd(rows) | join(rdd(rows)) | map([](int, auto const& both) { return both.first.value - both.second.value; });
    for (int throws : {50, 150, 250}) {
        Fragile::left = throws;
        CHECK_THROWS_WITH(static_cast<void>(joined | collect()), "no copy");
    }
    Fragile::left = 0;
    CHECK((joined | collect()).size() == 1000);
}

TEST_CASE("many partitions on both sides hold their records together on their way")
{
    auto const rows = someRows<std::int64_t>(500, 60, 9, numbered);
    CHECK(shown(rdd(rows, 400) | join(rdd(rows, 3), 300)) == expected(rows, rows, 300, false, false));
}
