#include <sluice/operators/join.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/testing/harness.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

namespace {

using Stream = DStream<Pair>;

/// The sum of a key, which goes when it is 0.
struct Sum {
    std::optional<int> operator()(std::vector<int> const& values, std::optional<int> state) const
    {
        int sum = state.value_or(0);
        for (int const value : values) sum += value;
        if (sum == 0) return std::nullopt;
        return sum;
    }
};

/// How many batches a key has been there, and its values.
std::optional<Pair> age(std::vector<int> const& values, std::optional<Pair> state) noexcept
{
    Pair const old = state.value_or(Pair{0, 0});
    if (old.first == 3) return std::nullopt;
    return Pair{old.first + 1, old.second + static_cast<int>(values.size())};
}

template <class... Args>
Batches<Pair> run(Batches<Pair> in, testing::Options options, Args const&... args)
{
    return sorted(testing::runBatches<Pair>(std::move(in), [&](Stream s) -> Stream { return s | updateStateByKey(args...); }, options));
}

}  // namespace

TEST_CASE("every key is updated in every batch, with no values where there are none; none removes it")
{
    Batches<Pair> const in{{{1, 1}, {2, 10}, {1, 2}}, {{2, -10}, {3, 5}}, {}, std::nullopt, {{1, 4}}};
    Batches<Pair> const expected{{{1, 3}, {2, 10}}, {{1, 3}, {3, 5}}, {{1, 3}, {3, 5}}, {{1, 3}, {3, 5}}, {{1, 7}, {3, 5}}};
    CHECK(run(in, {}, Sum{}) == expected);
    CHECK(run(in, {.partitions = 3, .master = "local[2]"}, Sum{}, std::size_t{4}) == expected);

    using Aged = std::pair<int, Pair>;
    auto const ages = testing::runBatches<Pair>({{{1, 0}, {1, 0}}, {}, {{2, 0}, {1, 0}}, std::nullopt, {}},
                                                [](Stream s) { return s | updateStateByKey(age); });
    CHECK(sorted(ages) == Batches<Aged>{{{1, {1, 2}}}, {{1, {2, 2}}}, {{1, {3, 3}}, {2, {1, 1}}}, {{2, {2, 1}}}, {{2, {3, 1}}}});
}

TEST_CASE("before the first RDD there is none; with initial states there is")
{
    auto const none = std::nullopt;
    CHECK(run({none, none, {{1, 1}}, none}, {}, Sum{}) == Batches<Pair>{none, none, {{1, 1}}, {{1, 1}}});
    CHECK(run({none, {{1, 1}}}, {}, Sum{}, std::size_t{2}) == Batches<Pair>{none, {{1, 1}}});
    CHECK(run({none, {{1, 1}}, none}, {}, Sum{}, std::size_t{2}, Pairs{{1, 10}, {5, 50}}) ==
          Batches<Pair>{{{1, 10}, {5, 50}}, {{1, 11}, {5, 50}}, {{1, 11}, {5, 50}}});
}

TEST_CASE("initial states are those before the first batch; the first one of a key counts")
{
    Pairs const pairs{{1, 10}, {2, 20}, {1, 1000}};
    Batches<Pair> const expected{{{1, 11}, {2, 20}, {3, 3}}, {{1, 11}, {3, 3}}};
    CHECK(run({{{1, 1}, {3, 3}}, {{2, -20}}}, {}, Sum{}, std::size_t{3}, pairs) == expected);
    CHECK(run({{{1, 1}, {3, 3}}, {{2, -20}}}, {}, Sum{}, pairs) == expected);
    CHECK(run({{{1, 1}, {3, 3}}, {{2, -20}}}, {}, Sum{}, rdd(pairs)) == expected);
    CHECK(run({{{1, 1}, {3, 3}}, {{2, -20}}}, {.master = "local[2]"}, Sum{}, ByRemainder{}, rdd(pairs, 2)) == expected);
}

TEST_CASE("a function that wants the time and the key is given them")
{
    auto const f = [](Time t, int const& key, std::vector<int> const& values,
                      std::optional<std::string> state) -> std::optional<std::string> {
        if (key == 2 && t == Time{2s}) return std::nullopt;
        return state.value_or(std::to_string(key) + ":") + std::to_string((t - Time{}) / 1s) + "x" + std::to_string(values.size()) + " ";
    };
    using Text = std::pair<int, std::string>;
    auto const out =
        testing::runBatches<Pair>({{{1, 1}, {2, 2}}, {{1, 1}, {1, 1}}, {{2, 1}}}, [&](Stream s) { return s | updateStateByKey(f, 2); });
    CHECK(sorted(out) == Batches<Text>{{{1, "1:1x1 "}, {2, "2:1x1 "}}, {{1, "1:1x1 2x2 "}}, {{1, "1:1x1 2x2 3x0 "}, {2, "2:3x1 "}}});
}

TEST_CASE("a function of rows has all of a partition, and may make other keys: in the next batch they are where they belong")
{
    using Rows = std::vector<std::tuple<int, std::vector<int>, std::optional<int>>>;
    // Each key doubles itself, up to 8: 1, 2, 4, 8. What is at 2 and 4 is added up by who comes first.
    auto const f = [](Rows rows) {
        std::set<int> keys;
        Pairs out;
        for (auto const& [key, values, state] : rows) {
            CHECK(keys.insert(key).second);
            CHECK(std::all_of(rows.begin(), rows.end(), [&, k = key](auto const& row) { return std::get<0>(row) % 3 == k % 3; }));
            int sum = state.value_or(0);
            for (int const value : values) sum += value;
            if (key < 8) out.emplace_back(2 * key, sum);
        }
        return out;
    };
    for (char const* master : {"inline", "local[2]"}) {
        CHECK(run({{{1, 1}, {3, 3}}, {{1, 10}}, {}, {{8, 5}}, {}}, {.partitions = 2, .master = master}, f, ByRemainder{}) ==
              Batches<Pair>{{{2, 1}, {6, 3}}, {{2, 10}, {4, 1}, {12, 3}}, {{4, 10}, {8, 1}}, {{8, 10}}, {}});
    }
    // Of several rows of a key the first counts.
    auto const twice = [](Rows rows) {
        Pairs out;
        for (auto const& [key, values, state] : rows) {
            out.emplace_back(0, key);
            out.emplace_back(0, -1);
        }
        return out;
    };
    CHECK(run({{{5, 1}}, {}}, {}, twice, std::size_t{2}) == Batches<Pair>{{{0, 5}}, {{0, 0}}});
}

TEST_CASE("values come in the order of partitions and positions; text is owned")
{
    auto const append = [](std::vector<std::string_view> const& values, std::optional<std::string> state) -> std::optional<std::string> {
        auto text = std::move(state).value_or("");
        for (auto const value : values) text += value;
        return text;
    };
    Batches<std::string> const in{{"b1", "a2", "b3", "b4"}, {"a5"}, {}, {"b6", "a7", "b8"}};
    auto const pipeline = [&](auto lines) {
        return lines | map([](std::string const& line) {
                   return std::pair{std::string_view(line).substr(0, 1), std::string_view(line).substr(1)};
               }) |
               updateStateByKey(append, 2);
    };
    using Text = std::pair<std::string, std::string>;
    CHECK(sorted(testing::runBatches<std::string>(in, pipeline)) ==
          Batches<Text>{
              {{"a", "2"}, {"b", "134"}}, {{"a", "25"}, {"b", "134"}}, {{"a", "25"}, {"b", "134"}}, {{"a", "257"}, {"b", "13468"}}});
    CHECK(sameOnAllMasters(in, pipeline));
}

TEST_CASE("states that can only be copied dearly are moved from batch to batch where f throws nothing")
{
    static int copies = 0;
    struct Heavy {
        int value = 0;
        Heavy() = default;
        Heavy(Heavy const& other) : value(other.value) { ++copies; }
        Heavy(Heavy&&) noexcept = default;
        Heavy& operator=(Heavy const&) = default;
        Heavy& operator=(Heavy&&) noexcept = default;
    };
    auto const f = [](std::vector<int> const& values, std::optional<Heavy> state) noexcept -> std::optional<Heavy> {
        Heavy next = std::move(state).value_or(Heavy{});
        next.value += static_cast<int>(values.size());
        return next;
    };
    testing::Harness harness;
    int sum = 0;
    testing::literalStream<Pair>(harness.context(), {{{1, 1}, {2, 1}}, {{1, 1}}, {}}) | updateStateByKey(f) | foreachRDD([&](auto batch) {
        for (auto const value : batch | map([](int, Heavy const& heavy) { return heavy.value; }) | collect()) sum += value;
    });
    harness.start();
    harness.advance(3s);
    CHECK(sum == 2 + 3 + 3);
    CHECK(copies == 0);
}

TEST_CASE(
    "states are partitioned by key: a join with them exchanges the other side alone, and a stream that is so already is not exchanged")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 1}, {4, 1}}, {{1, 2}}}, [](Stream s) {
                  return s | updateStateByKey(Sum{}, ByRemainder{}) | join(s, ByRemainder{});
              });
              using Joined = std::pair<int, Pair>;
              CHECK(sorted(out) == Batches<Joined>{{{1, {1, 1}}, {2, {1, 1}}, {4, {1, 1}}}, {{1, {3, 2}}}});
          }) == 2 * 4);
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 1}, {4, 1}}, {{1, 2}}}, [](Stream s) -> Stream {
                  return s | reduceByKey(std::plus{}, ByRemainder{}) | updateStateByKey(Sum{}, ByRemainder{});
              });
              CHECK(sorted(out) == Batches<Pair>{{{1, 1}, {2, 1}, {4, 1}}, {{1, 3}, {2, 1}, {4, 1}}});
          }) == 4);
}

TEST_CASE("however its batches are partitioned, a key stays where its state is")
{
    auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 1}}, {}, {{1, 2}, {2, 2}}, {{1, 4}}}, [](Stream s) -> Stream {
        Stream const other = s | transform([](auto batch, Time t) -> RDD<Pair> {
                                 return batch | partitionBy(static_cast<std::size_t>((t - Time{}) / 1s) + 1);
                             });
        return other | updateStateByKey(Sum{});
    });
    CHECK(sorted(out) == Batches<Pair>{{{1, 1}, {2, 1}}, {{1, 1}, {2, 1}}, {{1, 3}, {2, 3}}, {{1, 7}, {2, 3}}});
}

TEST_CASE("what f throws names the operator and its place")
{
    auto const f = [](std::vector<int> const&, std::optional<int>) -> std::optional<int> { throw std::runtime_error{"told to"}; };
    auto const message = messageOf([&] { static_cast<void>(run({{{1, 1}}}, {}, f)); });
    CHECK(says(message, "told to"));
    CHECK(says(message, "updateStateByKey ("));
    CHECK(says(message, "update_state_by_key.cpp"));
}
