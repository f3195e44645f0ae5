#include <sluice/operators.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

using namespace sluice;
using testing::Batches;

// Random pipelines of operators that exchange records, against plain maps; into how many partitions, against the rules. How
// each of them is partitioned is drawn, too, so that some stand behind others that are partitioned alike, and exchange nothing.

namespace {

using Record = std::pair<int, int>;
using Records = std::vector<Record>;
using Stream = DStream<Record>;
using Map = std::map<int, std::vector<int>>;

struct Parity {
    [[nodiscard]] std::size_t numPartitions() const { return 2; }
    [[nodiscard]] std::size_t partition(int key) const { return key % 2 == 0 ? 0 : 1; }
    bool operator==(Parity const&) const = default;
};

/// What is made of a number, so that numbers stay small.
constexpr int small(std::int64_t x) { return static_cast<int>(x % 997); }

constexpr auto sum = [](int a, int b) { return small(a + b); };
constexpr auto total = [](std::vector<int> const& values) {
    long all = 0;
    for (int const v : values) all += v;
    return small(all) + 1000 * static_cast<int>(values.size() % 100);
};
constexpr auto pairUp = [](std::optional<int> v, std::optional<int> w) { return small(3L * v.value_or(501) + w.value_or(777)); };
constexpr auto even = [](int k, int) { return k % 2 == 0; };
constexpr auto third = [](int k, int v) { return (k + v) % 3 == 0; };
constexpr auto shift = [](int k, int v) { return Record{k % 7, small(v + k)}; };
constexpr auto counted = [](auto const& key, std::int64_t n) { return Record{small(static_cast<int>(key)), small(n)}; };

constexpr int operators = 23;

/// The k-th operator, into n partitions; 0: as it likes.
Stream apply(int k, std::size_t number, Stream s)
{
    std::optional<std::size_t> const n = number > 0 ? std::optional{number} : std::nullopt;
    // Each is any stream of records: what meets is of few types, as each pair of types is compiled for itself.
    auto const evenOnes = [&]() -> Stream { return s | filter(even); };
    auto const thirdOnes = [&]() -> Stream { return s | filter(third); };
    auto const reduced = [](Stream const& of, std::optional<std::size_t> into) -> Stream { return of | reduceByKey(sum, into); };
    switch (k) {
        case 0: return reduced(s, n);
        case 1: return s | reduceByKey(sum, Parity{});
        case 2: return s | groupByKey(n) | mapValues(total);
        case 3:
            return s | combineByKey([](int v) { return 2L * v; }, [](long c, int v) { return c + 2L * v; }, std::plus<long>{}, n) |
                   mapValues(small);
        case 4: return s | aggregateByKey(0L, [](long z, int v) { return z + v; }, std::plus<long>{}, n) | mapValues(small);
        case 5: return s | foldByKey(0, sum, n);
        case 6: return s | countByKey(n) | map(counted);
        case 7: return s | map([](int k2, int) { return k2; }) | countByValue(n) | map(counted);
        case 8: return s | distinct(n);
        case 9:
            return s | groupBy([](int, int v) { return v % 5; }, n) |
                   mapValues([](Records const& all) { return static_cast<int>(all.size()); });
        case 10: return s | cogroup(evenOnes(), n) | mapValues([](auto const& p) { return small(total(p.first) + 2L * total(p.second)); });
        case 11: return s | join(reduced(s, n)) | mapValues([](Record p) { return pairUp(p.first, p.second); });
        case 12:
            return s | leftOuterJoin(Stream{thirdOnes() | reduceByKey(sum, Parity{})}, Parity{}) |
                   mapValues([](auto const& p) { return pairUp(p.first, p.second); });
        case 13: return reduced(thirdOnes(), 3) | rightOuterJoin(s, n) | mapValues([](auto const& p) { return pairUp(p.first, p.second); });
        case 14:
            return reduced(evenOnes(), 3) | fullOuterJoin(reduced(thirdOnes(), n), n) |
                   mapValues([](auto const& p) { return pairUp(p.first, p.second); });
        case 15: return s | subtractByKey(thirdOnes(), n);
        case 16: return s | subtract(evenOnes(), n);
        case 17: return s | intersection(thirdOnes(), n);
        case 18: return s | partitionBy(Parity{});
        case 19: return s | sortBy([](int, int v) { return v; }, number % 2 == 0, n);
        case 20: return s | repartition(number + 1) | sortByKey();
        case 21:
            return s | cogroup(evenOnes(), reduced(thirdOnes(), n), n) | mapValues([](auto const& groups) {
                       auto const& [all, evens, thirds] = groups;
                       return small(total(all) + 2L * total(evens) + 3L * total(thirds));
                   });
        default: return s | map(shift) | partitionBy(n);
    }
}

/// How records lie.
struct Layout {
    std::size_t partitions;
    enum { anyhow, byHash, byParity } keys = anyhow;

    bool operator==(Layout const&) const = default;
};

/// Into n partitions by key; else as what meets lies by key already, if all of it alike, or the most of what lies by hash; else the
/// default number.
Layout byKey(std::size_t n, std::size_t whenNobodySays, std::initializer_list<Layout> ups)
{
    if (n > 0) return {n, Layout::byHash};
    Layout most{0};
    bool alike = true;
    for (auto const& up : ups) {
        alike = alike && up == *ups.begin() && up.keys != Layout::anyhow;
        if (up.keys == Layout::byHash && up.partitions > most.partitions) most = up;
    }
    if (alike && ups.size() > 0) return *ups.begin();
    return most.partitions > 0 ? most : Layout{whenNobodySays, Layout::byHash};
}

/// How the k-th operator leaves them.
Layout layout(int k, std::size_t n, std::size_t whenNobodySays, Layout s)
{
    Layout const parity{2, Layout::byParity};
    auto const reduced = byKey(n, whenNobodySays, {s});
    switch (k) {
        case 1:
        case 12:
        case 18: return parity;
        case 6: return {reduced.partitions};
        case 7:
        case 8:
        case 16:
        case 17: return {byKey(n, whenNobodySays, {}).partitions};  // by the whole record, which no key tells
        case 9: return byKey(n, whenNobodySays, {});
        case 11: return byKey(0, whenNobodySays, {s, reduced});
        case 13: return byKey(n, whenNobodySays, {{3, Layout::byHash}, s});
        case 14: return byKey(n, whenNobodySays, {{3, Layout::byHash}, reduced});
        case 19: return {n > 0 ? n : s.partitions};
        case 20: return {n + 1};
        case 21: return byKey(n, whenNobodySays, {s, s, reduced});
        case 22: return byKey(n, whenNobodySays, {});
        default: return reduced;
    }
}

Map grouped(Records const& in)
{
    Map groups;
    for (auto const& [k, v] : in) groups[k].push_back(v);
    return groups;
}

template <class F>
Records filtered(Records const& in, F const& f)
{
    Records out;
    for (auto const& [k, v] : in) {
        if (f(k, v)) out.emplace_back(k, v);
    }
    return out;
}

/// One record for each key, of f(values).
template <class F>
Records folded(Records const& in, F const& f)
{
    Records out;
    for (auto const& [k, values] : grouped(in)) out.emplace_back(k, f(values));
    return out;
}

int summed(std::vector<int> const& values)
{
    int all = values[0];
    for (std::size_t i = 1; i < values.size(); ++i) all = sum(all, values[i]);
    return all;
}

/// Every value of a with each one of b; nothing stands for none, where that is an answer.
Records joined(Records const& a, Records const& b, bool leftMayLack, bool rightMayLack)
{
    auto left = grouped(a);
    auto right = grouped(b);
    std::set<int> keys;
    for (auto const& [k, values] : left) keys.insert(k);
    for (auto const& [k, values] : right) keys.insert(k);
    Records out;
    for (int const k : keys) {
        std::vector<std::optional<int>> v(left[k].begin(), left[k].end());
        std::vector<std::optional<int>> w(right[k].begin(), right[k].end());
        if (v.empty() && leftMayLack) v.emplace_back();
        if (w.empty() && rightMayLack) w.emplace_back();
        for (auto const& x : v) {
            for (auto const& y : w) out.emplace_back(k, pairUp(x, y));
        }
    }
    return out;
}

/// The same on plain records, in any order.
Records oracle(int k, Records const& in)
{
    auto const sums = [](Records const& records) { return folded(records, summed); };
    auto const size = [](std::vector<int> const& values) { return static_cast<int>(values.size()); };
    Records out;
    switch (k) {
        case 0:
        case 1: return sums(in);
        case 5: return folded(in, [](std::vector<int> const& values) { return sum(0, summed(values)); });
        case 2: return folded(in, total);
        case 3:
        case 4:
            return folded(in, [k](std::vector<int> const& values) {
                long all = 0;
                for (int const v : values) all += v;
                return small(k == 3 ? 2 * all : all);
            });
        case 6:
        case 7:
            for (auto const& [key, n] : folded(in, size)) out.push_back(counted(key, n));
            return out;
        case 8: {
            std::set<Record> const all(in.begin(), in.end());
            return {all.begin(), all.end()};
        }
        case 9: {
            std::map<int, int> sizes;
            for (auto const& [key, v] : in) ++sizes[v % 5];
            return {sizes.begin(), sizes.end()};
        }
        case 10: {
            auto other = grouped(filtered(in, even));
            for (auto const& [key, values] : grouped(in)) out.emplace_back(key, small(total(values) + 2L * total(other[key])));
            return out;
        }
        case 11: return joined(in, sums(in), false, false);
        case 12: return joined(in, sums(filtered(in, third)), false, true);
        case 13: return joined(sums(filtered(in, third)), in, true, false);
        case 14: return joined(sums(filtered(in, even)), sums(filtered(in, third)), true, true);
        case 15: {
            auto const gone = grouped(filtered(in, third));
            return filtered(in, [&](int key, int) { return gone.count(key) == 0; });
        }
        case 16: return filtered(in, [](int key, int v) { return !even(key, v); });
        case 17: {
            auto const both = filtered(in, third);
            std::set<Record> const all(both.begin(), both.end());
            return {all.begin(), all.end()};
        }
        case 21: {
            auto evens = grouped(filtered(in, even));
            auto thirds = grouped(sums(filtered(in, third)));
            for (auto const& [key, values] : grouped(in))
                out.emplace_back(key, small(total(values) + 2L * total(evens[key]) + 3L * total(thirds[key])));
            return out;
        }
        case 22:
            for (auto const& [key, v] : in) out.push_back(shift(key, v));
            return out;
        default: return in;
    }
}

Records sorted(Records records)
{
    std::sort(records.begin(), records.end());
    return records;
}

struct Plan {
    std::vector<std::pair<int, std::size_t>> steps;
    Batches<Record> in;
};

Plan randomPlan(std::mt19937& random)
{
    Plan plan;
    for (auto n = 1 + random() % 5; n > 0; --n) plan.steps.push_back({random() % operators, random() % 5});
    for (auto n = 1 + random() % 3; n > 0; --n) {
        Records records(random() % 40);
        for (auto& [k, v] : records) {
            k = static_cast<int>(random() % 12);
            v = static_cast<int>(random() % 9);
        }
        plan.in.push_back(std::move(records));
    }
    return plan;
}

Batches<Record> run(Plan const& plan, std::string const& master, std::size_t partitions, std::vector<std::size_t>* lie = nullptr)
{
    return testing::runBatches(plan.in,
                               [&](Stream s) -> Stream {
                                   for (auto const& [k, n] : plan.steps) s = apply(k, n, s);
                                   return s | transform([lie](RDD<Record> batch) {
                                              if (lie != nullptr) lie->push_back(batch.numPartitions());
                                              return batch;
                                          });
                               },
                               {.partitions = partitions, .master = master});
}

}  // namespace

TEST_CASE("random pipelines of exchanges give what plain maps give, wherever records lie")
{
    std::mt19937 random{41};
    for (int round = 0; round < 1000; ++round) {
        CAPTURE(round);
        auto const plan = randomPlan(random);
        bool const threads = round % 3 == 0;
        auto const partitions = 1 + random() % 5;
        std::vector<std::size_t> lie;
        auto const out = run(plan, threads ? "local[4]" : "inline", partitions, &lie);
        REQUIRE(out.size() == plan.in.size());
        Layout expectedLayout{partitions};
        for (auto const& [k, n] : plan.steps) {
            expectedLayout = layout(k, n, threads ? 4 : 1, expectedLayout);
        }
        std::string steps;
        for (auto const& [k, n] : plan.steps) steps += " " + std::to_string(k) + "(" + std::to_string(n) + ")";
        CAPTURE(steps);
        CHECK(lie == std::vector(plan.in.size(), expectedLayout.partitions));
        for (std::size_t b = 0; b < out.size(); ++b) {
            Records expected = *plan.in[b];
            for (auto const& step : plan.steps) {
                CAPTURE(step.first);
                expected = oracle(step.first, expected);
            }
            CHECK(sorted(*out[b]) == sorted(expected));
        }
    }
}

TEST_CASE("content and order of exchanges are the same for any number of workers")
{
    std::mt19937 random{42};
    for (int round = 0; round < 40; ++round) {
        CAPTURE(round);
        auto plan = randomPlan(random);
        for (auto& [k, n] : plan.steps) n += 1;  // the default number is that of the workers
        auto const once = run(plan, "local[1]", 4);
        for (auto const* const master : {"inline", "local[2]", "local[4]"}) CHECK(run(plan, master, 4) == once);
    }
}
