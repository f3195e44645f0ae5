#include <sluice/operators/cache.hpp>
#include <sluice/operators/coalesce.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/flat_map_values.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/key_by.hpp>
#include <sluice/operators/keys.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_partitions.hpp>
#include <sluice/operators/map_partitions_with_index.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/sample.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/transform_all.hpp>
#include <sluice/operators/transform_with.hpp>
#include <sluice/operators/union_all.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/values.hpp>
#include <sluice/operators/zip_with_index.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

using namespace sluice;
using testing::Batches;

// Random pipelines over random batches against a plain oracle. Which operators stand in a pipeline is drawn at run time,
// so that each step's output is any stream of numbers.

namespace {

using Numbers = std::vector<int>;
using Stream = DStream<int>;

constexpr int operators = 20;

/// The k-th operator, on a stream of any type: fused with what is before it.
template <int k>
auto fused(int argument, auto s)
{
    if constexpr (k == 0) {
        return s | map([argument](int x) { return x * 3 + argument; });
    } else if constexpr (k == 1) {
        return s | filter([argument](int x) { return x % (argument + 2) != 0; });
    } else if constexpr (k == 2) {
        return s | flatMap([argument](int x) { return Numbers(static_cast<std::size_t>((x & 1) + argument % 2), x - 1); });
    } else if constexpr (k == 3) {
        auto const byKey = [argument](int x) { return std::pair{x % (argument + 2), x}; };
        auto const join = [](std::pair<int, int> const& p) { return p.first * 1000 + p.second % 1000; };
        return s | map(byKey) | mapValues([](int x) { return x / 2; }) | reduceByKey([](int a, int b) { return (a + b) % 10007; }, 2) |
               map(join);
    } else if constexpr (k == 4) {
        return s | unionWith(s | map([](int x) { return -x; }));
    } else if constexpr (k == 5) {
        return s | cache();
    } else if constexpr (k == 6) {
        return s | transform([argument](auto batch) {
                   auto const larger = filter([argument](int x) { return x > argument; });
                   return batch | larger | map([](int x) { return x - 7; });
               });
    } else if constexpr (k == 7) {
        return s | coalesce(static_cast<std::size_t>(argument + 1));
    } else if constexpr (k == 8) {
        return s | glom() | flatMap([](Numbers const& part) { return part; });
    } else if constexpr (k == 9) {
        return s | mapPartitions([argument](auto part) { return part | map([argument](int x) { return x + argument; }); });
    } else if constexpr (k == 10) {
        return s | zipWithIndex() | keys();
    } else if constexpr (k == 11) {
        return s | keyBy([](int x) { return -x; }) | flatMapValues([](int x) { return Numbers{x, x + 1}; }) |
               map([](int a, int b) { return a + 2 * b; });
    } else if constexpr (k == 12) {
        return s | keyBy([argument](int x) { return x / (argument + 1); }) | values();
    } else if constexpr (k == 13) {
        return s | flatMap<int>([argument](int x, auto&& emit) {
                   for (int i = 0; i < argument && i < x % 4; ++i) emit(x + i);
               });
    } else if constexpr (k == 14) {
        return s | sample(false, 1) | unionWith(s | sample(argument % 2 != 0, 0));
    } else if constexpr (k == 15) {
        return s | mapPartitionsWithIndex([](std::size_t, auto part) { return part | filter([](int x) { return x % 5 != 0; }); });
    } else if constexpr (k == 16) {
        return s | transformWith(s | map([](int x) { return x + 1; }), [](auto a, auto b) { return a | unionWith(b); });
    } else if constexpr (k == 17) {
        std::vector<DStream<int>> const thrice(3, s);
        return unionAll(thrice) | filter([](int x) { return x % 2 == 0; });
    } else if constexpr (k == 18) {
        return transformAll(s, s | map([](int x) { return x - 3; }),
                            [](auto a, auto b) { return b | unionWith(a | map([](int x) { return 2 * x; })); });
    } else {
        return s | filter([](int x) { return x > 0; }) | map([](int x) { return x ^ 5; });
    }
}

/// The same by a number that is drawn, cut off from what is before and behind it.
template <int k = 0>
Stream apply(int drawn, int argument, Stream s)
{
    if constexpr (k + 1 < operators) {
        if (drawn != k) return apply<k + 1>(drawn, argument, std::move(s));
    }
    return fused<k>(argument, std::move(s));
}

/// The same on a plain vector; records as a multiset.
Numbers oracle(int k, int argument, Numbers const& in)
{
    Numbers out;
    switch (k) {
        case 0:
            for (int const x : in) out.push_back(x * 3 + argument);
            break;
        case 1:
            for (int const x : in)
                if (x % (argument + 2) != 0) out.push_back(x);
            break;
        case 2:
            for (int const x : in) out.insert(out.end(), static_cast<std::size_t>((x & 1) + argument % 2), x - 1);
            break;
        case 3: {
            std::vector<std::pair<int, int>> sums;
            for (int const x : in) {
                int const key = x % (argument + 2);
                auto const at = std::find_if(sums.begin(), sums.end(), [key](auto const& p) { return p.first == key; });
                if (at == sums.end()) sums.emplace_back(key, x / 2);
                else at->second = (at->second + x / 2) % 10007;
            }
            for (auto const& [key, sum] : sums) out.push_back(key * 1000 + sum % 1000);
            break;
        }
        case 4:
            out = in;
            for (int const x : in) out.push_back(-x);
            break;
        case 5: out = in; break;
        case 6:
            for (int const x : in)
                if (x > argument) out.push_back(x - 7);
            break;
        case 7:
        case 8:
        case 10:
        case 12:
        case 14: out = in; break;
        case 9:
            for (int const x : in) out.push_back(x + argument);
            break;
        case 11:
            for (int const x : in) {
                out.push_back(-x + 2 * x);
                out.push_back(-x + 2 * (x + 1));
            }
            break;
        case 13:
            for (int const x : in)
                for (int i = 0; i < argument && i < x % 4; ++i) out.push_back(x + i);
            break;
        case 15:
            for (int const x : in)
                if (x % 5 != 0) out.push_back(x);
            break;
        case 16:
            out = in;
            for (int const x : in) out.push_back(x + 1);
            break;
        case 17:
            for (int i = 0; i < 3; ++i) {
                for (int const x : in)
                    if (x % 2 == 0) out.push_back(x);
            }
            break;
        case 18:
            for (int const x : in) {
                out.push_back(x - 3);
                out.push_back(2 * x);
            }
            break;
        default:
            for (int const x : in)
                if (x > 0) out.push_back(x ^ 5);
            break;
    }
    return out;
}

Numbers sorted(Numbers records)
{
    std::sort(records.begin(), records.end());
    return records;
}

struct Plan {
    std::vector<std::pair<int, int>> steps;
    Batches<int> in;
};

Plan randomPlan(std::mt19937& random)
{
    Plan plan;
    for (auto n = random() % 5; n > 0; --n) plan.steps.emplace_back(random() % operators, random() % 4);
    for (auto n = 1 + random() % 3; n > 0; --n) {
        Numbers records(random() % 30);
        for (int& x : records) x = static_cast<int>(random() % 50);
        plan.in.push_back(std::move(records));
    }
    return plan;
}

Batches<int> run(Plan const& plan, std::string const& master, std::size_t partitions)
{
    return testing::runBatches(plan.in,
                               [&](Stream s) {
                                   for (auto const& [k, argument] : plan.steps) s = apply(k, argument, s);
                                   return s;
                               },
                               {.partitions = partitions, .master = master});
}

template <int k, int... rest>
auto fusedOf(auto& arguments, auto s)
{
    auto one = fused<k>(arguments(), std::move(s));
    if constexpr (sizeof...(rest) == 0) return one;
    else return fusedOf<rest...>(arguments, std::move(one));
}

/// The operators k, fused to one pipeline, against the same ones cut off from each other.
template <int... k>
void fusedEqualsCut(std::mt19937& random)
{
    auto plan = randomPlan(random);
    plan.steps = {{k, static_cast<int>(random() % 4)}...};
    auto const next = [&plan, i = 0]() mutable { return plan.steps[static_cast<std::size_t>(i++)].second; };
    auto const whole = testing::runBatches(plan.in, [arguments = next](auto s) mutable { return fusedOf<k...>(arguments, std::move(s)); },
                                           {.partitions = 3});
    CHECK(whole == run(plan, "inline", 3));
}

}  // namespace

TEST_CASE("random pipelines give what plain loops give")
{
    std::mt19937 random{31};
    for (int round = 0; round < 150; ++round) {
        CAPTURE(round);
        auto const plan = randomPlan(random);
        auto const out = run(plan, "inline", 1 + random() % 4);
        REQUIRE(out.size() == plan.in.size());
        for (std::size_t b = 0; b < out.size(); ++b) {
            Numbers expected = *plan.in[b];
            for (auto const& [k, argument] : plan.steps) expected = oracle(k, argument, expected);
            CHECK(sorted(*out[b]) == sorted(expected));
        }
    }
}

TEST_CASE("content and order are the same for any number of workers")
{
    std::mt19937 random{32};
    for (int round = 0; round < 25; ++round) {
        CAPTURE(round);
        auto const plan = randomPlan(random);
        auto const once = run(plan, "inline", 4);
        for (auto const* const master : {"local[1]", "local[2]", "local[4]"}) CHECK(run(plan, master, 4) == once);
    }
}

TEST_CASE("partitions change no multiset of a batch")
{
    std::mt19937 random{33};
    for (int round = 0; round < 50; ++round) {
        auto const plan = randomPlan(random);
        auto const once = run(plan, "inline", 1);
        auto const cut = run(plan, "inline", 1 + random() % 8);
        for (std::size_t b = 0; b < once.size(); ++b) CHECK(sorted(*once[b]) == sorted(*cut[b]));
    }
}

TEST_CASE("records that come in other batches give the same, but where records meet by key")
{
    std::mt19937 random{34};
    for (int round = 0; round < 50; ++round) {
        CAPTURE(round);
        auto plan = randomPlan(random);
        std::erase_if(plan.steps, [](auto const& step) { return step.first == 3; });
        auto const all = [](Batches<int> const& batches) {
            Numbers records;
            for (auto const& batch : batches) records.insert(records.end(), (*batch).begin(), (*batch).end());
            return records;
        };
        auto const once = run(plan, "inline", 2);
        auto const records = all(plan.in);
        plan.in = {};
        for (std::size_t i = 0; i < records.size() || i == 0;) {
            auto const end = std::min(records.size(), i + random() % 12);
            plan.in.push_back(
                Numbers(records.begin() + static_cast<std::ptrdiff_t>(i), records.begin() + static_cast<std::ptrdiff_t>(end)));
            if (end == records.size()) break;
            i = end;
        }
        CHECK(sorted(all(run(plan, "inline", 2))) == sorted(all(once)));
    }
}

TEST_CASE("a fused pipeline gives what its operators give one by one, in the same order")
{
    std::mt19937 random{35};
    for (int round = 0; round < 10; ++round) {
        CAPTURE(round);
        fusedEqualsCut<0, 1, 2, 19>(random);
        fusedEqualsCut<13, 6, 12, 11, 1>(random);
        fusedEqualsCut<9, 15, 8, 10, 0>(random);
        fusedEqualsCut<5, 2, 3, 0, 5, 1>(random);
    }
}
