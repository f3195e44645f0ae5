#include <sluice/operators/cogroup.hpp>
#include <sluice/operators/count_by_value_and_window.hpp>
#include <sluice/operators/count_by_window.hpp>
#include <sluice/operators/group_by_key_and_window.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/reduce_by_window.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <stdexcept>
#include <string>

using namespace sluice;
using testing::Batches;

// A window is what its raw batches give when they are computed anew: random lengths and slides, longer ones too, random
// partitions and workers, keys that come once, empty batches, none at all, and such as fail.

namespace {

using Record = std::pair<int, std::string>;  // a key, and text that meets in order only
using Records = std::vector<Record>;
using Stream = DStream<Record>;
using Sketch = std::array<int, 4>;  // the largest values of a key: nothing takes one out again

struct Plan {
    Batches<Record> in;
    std::vector<bool> fails;
    int length = 1;
    int slide = 1;
    std::size_t partitions = 1;
    std::string master;
};

Plan randomPlan(std::mt19937& random)
{
    Plan plan;
    plan.length = static_cast<int>(1 + random() % 7);
    plan.slide = static_cast<int>(1 + random() % (random() % 3 == 0 ? 9 : 3));
    plan.partitions = 1 + random() % 4;
    plan.master = random() % 2 == 0 ? "inline" : "local[2]";
    auto const batches = 4 + random() % 25;
    int once = 1000;
    for (unsigned k = 0; k < batches; ++k) {
        plan.fails.push_back(random() % 12 == 0);
        if (random() % 8 == 0) {
            plan.in.push_back(std::nullopt);
            plan.fails.back() = false;
            continue;
        }
        Records records(random() % 4 == 0 ? 0 : random() % 12);
        for (auto& record : records) {
            record.first = random() % 6 == 0 ? once++ : static_cast<int>(random() % 5);
            record.second = std::to_string(random() % 100) + ",";
        }
        if (plan.fails.back()) records.emplace_back(-1, "bad");
        plan.in.push_back(std::move(records));
    }
    return plan;
}

/// The records of the window at batch k, from 1 on, which is due then.
Records rawWindow(Plan const& plan, int k)
{
    Records out;
    for (int i = std::max(1, k - plan.length + 1); i <= k; ++i) {
        auto const at = static_cast<std::size_t>(i - 1);
        if (!plan.in[at] || plan.fails[at]) continue;
        out.insert(out.end(), (*plan.in[at]).begin(), (*plan.in[at]).end());
    }
    return out;
}

Sketch sketch(std::string const& text) { return {std::stoi(text), -1, -1, -1}; }
Sketch merge(Sketch const& a, Sketch const& b)
{
    std::array<int, 8> all{};
    std::merge(a.begin(), a.end(), b.begin(), b.end(), all.begin(), std::greater{});
    Sketch out{};
    std::copy_n(all.begin(), 4, out.begin());
    return out;
}

using Lines = std::vector<std::string>;

std::string line(int key, std::string const& text) { return std::to_string(key) + ":" + text; }
std::string textOf(Sketch const& s)
{
    std::string out;
    for (int const x : s) out += std::to_string(x) + " ";
    return out;
}

constexpr int operators = 11;

/// The window under test as lines, in any order.
DStream<std::string> apply(int k, Stream const& in, Plan const& plan)
{
    auto const concat = [](std::string const& a, std::string const& b) { return a + b; };
    std::chrono::seconds const length{plan.length};
    std::chrono::seconds const slide{plan.slide};
    auto const n = plan.partitions;
    auto const lines = map([](int key, std::string const& text) { return line(key, text); });
    auto const numbers = map([](int key, int x) { return line(key, std::to_string(x)); });
    auto const valued = map([](int key, std::string const& text) { return std::pair{key, std::stoi(text)}; });
    switch (k) {
        case 0: return in | window(length, slide) | lines;
        case 1: return in | reduceByKeyAndWindow(concat, length, slide, n) | lines;
        case 2: return in | valued | reduceByKeyAndWindow(std::plus{}, length, slide, n) | numbers;
        case 3: return in | valued | reduceByKeyAndWindow(std::plus{}, std::minus{}, length, slide, n) | numbers;
        case 4:
            return in | map([](int key, std::string const& text) { return std::pair{key, sketch(text)}; }) |
                   reduceByKeyAndWindow(merge, length, slide, n) | map([](int key, Sketch const& s) { return line(key, textOf(s)); });
        case 5: return in | map([](int, std::string const& text) { return text; }) | reduceByWindow(concat, length, slide);
        case 6:
            return in | valued | map([](int, int x) { return x; }) | reduceByWindow(std::plus{}, std::minus{}, length, slide) |
                   map([](int x) { return std::to_string(x); });
        case 7: return in | countByWindow(length, slide) | map([](std::int64_t x) { return std::to_string(x); });
        case 8:
            return in | map([](int key, std::string const&) { return key; }) | countByValueAndWindow(length, slide, n) |
                   map([](int key, std::int64_t x) { return line(key, std::to_string(x)); });
        case 9:
            return in | groupByKeyAndWindow(length, slide, n) | map([](int key, std::vector<std::string> const& group) {
                       std::string text;
                       for (auto const& one : group) text += one;
                       return line(key, text);
                   });
        default: {
            // Windows of other lengths with one slide: their union and their join, and of both the cogroup with the first one.
            auto const brief = in | valued | reduceByKeyAndWindow(std::plus{}, length, slide, n);
            auto const longer = in | valued | reduceByKeyAndWindow(std::plus{}, 2 * length, slide, n);
            auto const joined = brief | join(longer) | map([](int key, std::pair<int, int> const& both) {
                                    return line(key, "join" + std::to_string(both.first) + "/" + std::to_string(both.second));
                                });
            auto const grouped =
                brief | cogroup(longer) | map([](int key, auto const& groups) {
                    return line(key, "cogroup" + std::to_string(groups.first.size()) + "/" + std::to_string(groups.second.size()));
                });
            return brief | numbers | unionWith(longer | numbers, joined, grouped);
        }
    }
}

template <class V, class Of, class Meet>
std::map<int, V> byKey(Records const& records, Of const& of, Meet const& meet)
{
    std::map<int, V> all;
    for (auto const& [key, text] : records) {
        auto const [at, fresh] = all.try_emplace(key, of(text));
        if (!fresh) at->second = meet(at->second, of(text));
    }
    return all;
}

Lines oracle(int k, Plan const& plan, int t)
{
    auto const records = rawWindow(plan, t);
    auto const number = [](std::string const& text) { return std::stoi(text); };
    Lines out;
    switch (k) {
        case 0:
            for (auto const& [key, text] : records) out.push_back(line(key, text));
            break;
        case 1:
        case 9:
            for (auto const& [key, text] : byKey<std::string>(records, [](auto const& s) { return s; }, std::plus{}))
                out.push_back(line(key, text));
            break;
        case 2:
        case 3:
            for (auto const& [key, sum] : byKey<int>(records, number, std::plus{})) out.push_back(line(key, std::to_string(sum)));
            break;
        case 4:
            for (auto const& [key, s] : byKey<Sketch>(records, sketch, merge)) out.push_back(line(key, textOf(s)));
            break;
        case 5:
        case 6: {
            std::string text;
            int sum = 0;
            for (auto const& record : records) {
                text += record.second;
                sum += number(record.second);
            }
            if (!records.empty()) out.push_back(k == 5 ? text : std::to_string(sum));
            break;
        }
        case 7: out.push_back(std::to_string(records.size())); break;
        case 8:
            for (auto const& [key, n] : byKey<int>(records, [](auto const&) { return 1; }, std::plus{}))
                out.push_back(line(key, std::to_string(n)));
            break;
        default: {
            auto twice = plan;
            twice.length *= 2;
            auto const brief = byKey<int>(records, number, std::plus{});
            auto const longer = byKey<int>(rawWindow(twice, t), number, std::plus{});
            for (auto const& [key, sum] : brief) {
                out.push_back(line(key, std::to_string(sum)));
                out.push_back(line(key, "join" + std::to_string(sum) + "/" + std::to_string(longer.at(key))));
            }
            for (auto const& [key, sum] : longer) {
                out.push_back(line(key, std::to_string(sum)));
                out.push_back(line(key, brief.contains(key) ? "cogroup1/1" : "cogroup0/1"));
            }
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

TEST_CASE("a window is what its raw batches give")
{
    std::mt19937 random{1919};
    for (int round = 0; round < 330; ++round) {
        auto const plan = randomPlan(random);
        auto const k = round % operators;
        CAPTURE(round);
        CAPTURE(k);
        CAPTURE(plan.length);
        CAPTURE(plan.slide);
        testing::Harness harness{{.master = plan.master, .onBatchFailure = proceed}};
        std::map<int, Lines> seen;
        Stream const in =
            testing::literalStream<Record>(harness.context(), plan.in, plan.partitions) | map([](int key, std::string const& text) {
                return key < 0 ? throw std::runtime_error{"a record that fails"} : std::pair{key, text};
            });
        apply(k, in, plan) | foreachRDD([&](auto batch, Time t) {
            auto lines = std::move(batch) | collect();
            std::sort(lines.begin(), lines.end());
            seen[static_cast<int>((t - Time{}) / std::chrono::seconds{1})] = lines;
        });
        harness.start();
        auto const batches = static_cast<int>(plan.in.size());
        harness.advance(std::chrono::seconds{batches + 10});
        for (int t = 1; t <= batches; ++t) {
            CAPTURE(t);
            bool const due = t % plan.slide == 0 && !plan.fails[static_cast<std::size_t>(t - 1)];
            REQUIRE(seen.contains(t) == due);
            if (due) REQUIRE(seen[t] == oracle(k, plan, t));
        }
    }
}
