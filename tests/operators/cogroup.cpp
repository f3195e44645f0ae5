#include <sluice/operators/cache.hpp>
#include <sluice/operators/cogroup.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/transform.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

using Ints = std::vector<int>;
using Groups = std::vector<std::pair<int, std::pair<Ints, Ints>>>;

std::vector<Pair> const left{{1, 10}, {2, 20}, {1, 11}};
std::vector<Pair> const right{{3, 30}, {1, 12}, {3, 31}};
Groups const both{{1, {{10, 11}, {12}}}, {2, {{20}, {}}}, {3, {{}, {30, 31}}}};

/// Whether a batch is a table of groups that views look into.
template <class G>
std::vector<std::string> texts(G const& groups)
{
    std::vector<std::string> out;
    for (auto const& [key, group] : groups) {
        std::string text{std::string{key} + ":"};
        for (auto const& one : group.first) text += std::string{one} + ",";
        text += ";";
        for (auto const& one : group.second) text += std::string{one} + ",";
        out.push_back(text);
    }
    return out;
}

}  // namespace

TEST_CASE("values of each key stand by side and upstream, keys in the order of their first occurrence")
{
    for (std::size_t n = 1; n <= 3; ++n) {
        for (std::size_t m = 1; m <= 3; ++m) CHECK((rdd(left, n) | cogroup(rdd(right, m)) | collect()) == both);
    }
    CHECK((rdd(left) | cogroup(rdd(right), 4)).numPartitions() == 4);
    CHECK((rdd(left) | cogroup(rdd(right), ByRemainder{}) | collect()) == Groups{both[2], both[0], both[1]});
}

TEST_CASE("three and four may meet, as tuples of groups")
{
    auto const a = rdd({Pair{1, 1}});
    auto const b = rdd({std::pair{1, 'b'}, std::pair{2, 'c'}});
    auto const three = a | cogroup(b, a) | collect();
    CHECK(three == std::vector<std::pair<int, std::tuple<Ints, std::vector<char>, Ints>>>{{1, {{1}, {'b'}, {1}}}, {2, {{}, {'c'}, {}}}});
    CHECK((a | cogroup(b, a, 3)).numPartitions() == 3);
    using Chars = std::vector<char>;
    auto const four = a | cogroup(b, a, b);
    static_assert(std::is_same_v<decltype(four)::Value, std::pair<int, std::tuple<Ints, Chars, Ints, Chars>>>);
    CHECK(four.numPartitions() == 1);
    CHECK((a | cogroup(b, a, b, ByRemainder{})).numPartitions() == 3);
}

TEST_CASE("more may meet; up to five arguments are told with the place of their call")
{
    auto const a = rdd({Pair{1, 1}});
    auto const b = rdd({Pair{1, 2}});
    auto const six = a | cogroup(a, b, a, a, b, 1) | collect();
    CHECK(six == std::vector<std::pair<int, std::tuple<Ints, Ints, Ints, Ints, Ints, Ints>>>{{1, {{1}, {1}, {2}, {1}, {1}, {2}}}});
    auto const here = [](int line) { return doctest::Contains(("cogroup.cpp:" + std::to_string(line)).c_str()); };
    CHECK_THROWS_WITH_AS(static_cast<void>(cogroup(a, a, a, a, 0)), here(__LINE__), InvalidArgument);
    CHECK_THROWS_WITH_AS(static_cast<void>(cogroup(a, 0)), here(__LINE__), InvalidArgument);
    CHECK_THROWS_WITH_AS(static_cast<void>(cogroup(a, a, a, a, a, 0)), doctest::Contains("sluice::cogroup"), InvalidArgument);
}

TEST_CASE("one with itself")
{
    CHECK((rdd(left) | cogroup(rdd(left)) | collect()) == Groups{{1, {{10, 11}, {10, 11}}}, {2, {{20}, {20}}}});
    auto const out = testing::runBatches<Pair>({left}, [](DStream<Pair> any) { return any | cogroup(any); });
    CHECK(*out[0] == Groups{{1, {{10, 11}, {10, 11}}}, {2, {{20}, {20}}}});
}

TEST_CASE("empty batches give empty groups")
{
    Pairs const none;
    CHECK((rdd(left) | cogroup(rdd(none)) | collect()) == Groups{{1, {{10, 11}, {}}}, {2, {{20}, {}}}});
    CHECK((rdd(none, 3) | cogroup(rdd(none)) | collect()).empty());
}

TEST_CASE("keys meet as their common type")
{
    auto const owned = rdd({std::pair{"a"s, 1}, std::pair{"a long text that no string holds by itself"s, 2}});
    auto const views = rdd({std::pair{"a long text that no string holds by itself"sv, 3}, std::pair{"b"sv, 4}}, 2);
    using Text = std::pair<std::string, std::pair<Ints, Ints>>;
    std::vector<Text> const expected{{"a", {{1}, {}}}, {"a long text that no string holds by itself", {{2}, {3}}}, {"b", {{}, {4}}}};
    CHECK((owned | cogroup(views) | collect()) == expected);

    // The keys of the left are made on the way, and go with their records.
    auto const made = owned | map([](std::string const& key, int x) { return std::pair{key, x}; });
    CHECK((made | cogroup(views) | collect()) == expected);

    RDD<std::pair<long, int>> const longs = rdd({std::pair{-1L, 1}, std::pair{1L << 40, 2}});
    RDD<Pair> const ints = rdd({std::pair{-1, 3}, std::pair{5, 4}});
    RDD<std::pair<long, int>> const longsApart = longs | partitionBy(3);
    RDD<Pair> const intsApart = ints | partitionBy(3);
    static_assert(std::is_same_v<decltype((longs | cogroup(ints) | collect())[0].first), long>);
    CHECK((longs | cogroup(ints, 3) | collect()).size() == 3);
    CHECK((longsApart | cogroup(intsApart, 3) | collect()).size() == 3);
}

TEST_CASE("characters are not hashed as the numbers that they become: they are exchanged")
{
    std::vector<std::pair<char, int>> letters;
    std::vector<Pair> numbers;
    for (int c = -128; c < 128; ++c) {
        letters.emplace_back(static_cast<char>(c), c);
        numbers.emplace_back(static_cast<char>(c), c);
    }
    auto const out = rdd(letters) | partitionBy(4) | cogroup(rdd(numbers) | partitionBy(4), 4) | collect();
    CHECK(out.size() == 256);
    for (auto const& [key, group] : out) CHECK(group == std::pair{Ints{key}, Ints{key}});
}

TEST_CASE("groups of text that was made on the way are kept for as long as the result")
{
    auto const a = rdd({"Al bo AC"sv, "ad Bi"sv}, 2) | lettersAndWords();
    auto const b = rdd({"cC aE"sv}) | lettersAndWords();
    CHECK(texts(a | cogroup(b, 1) | collect()) == std::vector<std::string>{"a:al,ac,ad,;ae,", "b:bo,bi,;", "c:;cc,"});
}

TEST_CASE("what is partitioned alike is not exchanged, what is not, is")
{
    auto const a = rdd(left, 2) | reduceByKey(std::plus{}, ByRemainder{});
    auto const b = rdd(right, 2) | partitionBy(ByRemainder{}) | mapValues(std::negate{}) | filter([](int, int x) { return x != -30; });
    static_cast<void>(a | collect());
    static_cast<void>(b | collect());
    Groups const expected{{3, {{}, {-31}}}, {1, {{21}, {-12}}}, {2, {{20}, {}}}};
    CHECK(askedIn([&] { CHECK((a | cogroup(b) | collect()) == expected); }) == 0);
    CHECK(askedIn([&] { CHECK((a | cogroup(b, ByRemainder{}) | collect()) == expected); }) == 0);

    // One side alone. How they are partitioned is known where their expressions are forgotten, too.
    RDD<Pair> const x = a;
    RDD<Pair> const y = b;
    RDD<Pair> const loose = b | map([](int k, int v) { return Pair{k, v}; });
    CHECK(askedIn([&] { CHECK((x | cogroup(loose, ByRemainder{}) | collect()) == expected); }) == 2);
    CHECK(askedIn([&] { CHECK((loose | cogroup(x, ByRemainder{}) | collect()).size() == 3); }) == 2);

    // By others: equal partitioners alone are the same.
    CHECK(askedIn([&] { CHECK((x | cogroup(y, ByRemainder{2}) | collect()).size() == 3); }) == 4);
    RDD<Pair> const byHash = rdd(right) | partitionBy(4);
    CHECK((x | cogroup(byHash)).numPartitions() == 4);
    CHECK(askedIn([&] { CHECK((x | cogroup(byHash) | collect()).size() == 3); }) == 0);
    CHECK((rdd(left) | partitionBy(2) | cogroup(rdd(right) | partitionBy(5))).numPartitions() == 5);
}

TEST_CASE("streams meet batch by batch, across borders and caches without exchange")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair, Pair>({left, {}, left}, {right, right, {}}, [](auto a, auto b) {
                  DStream<Pair> const l = a | partitionBy(ByRemainder{}) | cache();
                  DStream<Pair> const r = b | partitionBy(ByRemainder{});
                  DStream<Pair> const kept = r | filter([](int, int) { return true; });
                  return l | cogroup(kept);
              });
              CHECK(*out[0] == Groups{both[2], both[0], both[1]});
              CHECK(*out[1] == Groups{{3, {{}, {30, 31}}}, {1, {{}, {12}}}});
              CHECK(*out[2] == Groups{{1, {{10, 11}, {}}}, {2, {{20}, {}}}});
          }) == 12);
}

TEST_CASE("content and order do not depend on who runs it")
{
    testing::Batches<Pair> const a{somePairs(2000, 300), {}, somePairs(10, 3)};
    testing::Batches<Pair> const b{somePairs(1500, 400, 2), somePairs(10, 5, 3), {}};
    CHECK(sameOnAllMasters(a, b, [](DStream<Pair> x, DStream<Pair> y) { return x | cogroup(y, 3); }));
    CHECK(sameOnAllMasters(a, b, [](DStream<Pair> x, DStream<Pair> y) { return x | cogroup(DStream<Pair>{y | partitionBy(5)}, x); }));
}

TEST_CASE("a batch that there is not fails the batch, and both are named")
{
    auto const run = [](testing::Batches<Pair> a, testing::Batches<Pair> b) {
        return messageOf([&] {
            static_cast<void>(testing::runBatches<Pair, Pair>(a, b, [](DStream<Pair> x, DStream<Pair> y) { return x | cogroup(y); }));
        });
    };
    for (auto const& text : {run({{}}, {std::nullopt}), run({std::nullopt}, {{}})}) {
        CHECK(says(text, "sluice::cogroup ("));
        CHECK(says(text, "there is no RDD of sluice::literalStream"));
    }
}

TEST_CASE("streams of different contexts are refused at the call")
{
    CHECK(says(messageOfContexts<Pair>([](DStream<Pair> a, DStream<Pair> b) { return a | cogroup(b); }), "different contexts"));
}

TEST_CASE("a partitioner that throws fails the batch, and the exchange runs anew")
{
    CHECK(failureOf([] { static_cast<void>(rdd(left) | cogroup(rdd(right), beyond) | collect()); }).kind == "cogroup");
    bool bad = true;
    auto const careful = rdd(right) | map([&](int k, int v) { return bad ? throw std::runtime_error{"bad"} : Pair{k, v}; });
    auto const out = rdd(left) | cogroup(careful);
    CHECK(failureOf([&] { static_cast<void>(out | collect()); }).cause == "bad");
    bad = false;
    CHECK((out | collect()) == both);
}

TEST_CASE("a stream's batches meet a batch in transform")
{
    auto const out =
        testing::runBatches<Pair>({left}, [](auto in) { return in | transform([](auto batch) { return batch | cogroup(rdd(right)); }); });
    CHECK(*out[0] == both);
}
