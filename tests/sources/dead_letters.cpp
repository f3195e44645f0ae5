#include <sluice/operators/cache.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/flat_map_values.hpp>
#include <sluice/operators/fold_by_key.hpp>
#include <sluice/operators/key_by.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../operators/wide.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace std::literals;
using testing::Batches;

namespace {

using Texts = std::vector<std::string>;

int parse(std::string_view text) { return std::stoi(std::string(text)); }

template <class T>
Texts textsOf(std::vector<DeadLetter<T>> const& letters)
{
    Texts texts;
    for (auto const& letter : letters) {
        if constexpr (std::is_same_v<T, std::string>) texts.push_back(letter.record + ": " + letter.error);
        else texts.push_back(std::to_string(letter.record) + ": " + letter.error);
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

/// Numbers that one of these takes for wrong.
auto const noThrees = [](int x) {
    if (x % 3 == 0) throw std::runtime_error{"three"};
    return x;
};

}  // namespace

TEST_CASE("a record for which f throws is a letter of its batch, and the others go on")
{
    for (auto const* master : {"inline", "local[2]"}) {
        testing::Harness harness{{.master = master}};
        auto [letters, failed] = deadLetters<std::string>(harness.context());
        std::vector<std::vector<int>> numbers;
        std::vector<Texts> wrong;
        auto const in = testing::literalStream<std::string>(harness.context(), {{"1", "two", "3", "four"}, {}, {"5"}, {"six"}}, 3);
        auto const parsed = in | map(parse, letters);
        int const line = __LINE__ - 1;
        parsed | foreachRDD([&](auto batch) { numbers.push_back(std::move(batch) | collect()); });
        failed | foreachRDD([&](auto batch) {
            for (auto const& letter : batch | collect()) CHECK(letter.at.line == line);
            wrong.push_back(textsOf(std::move(batch) | collect()));
        });
        harness.start();
        harness.advance(4s);
        CHECK(numbers == std::vector<std::vector<int>>{{1, 3}, {}, {5}, {}});
        CHECK(wrong == std::vector<Texts>{{"four: stoi", "two: stoi"}, {}, {}, {"six: stoi"}});
    }
}

TEST_CASE("filter keeps none for which it throws, flatMap makes nothing of it; members of a pair are spread")
{
    testing::Harness harness;
    auto [letters, failed] = deadLetters<int>(harness.context());
    auto [pairLetters, failedPairs] = deadLetters<std::pair<int, int>>(harness.context());
    std::vector<int> kept;
    std::vector<int> made;
    std::vector<int> quotients;
    Texts wrong;
    Texts wrongPairs;
    auto const in = testing::literalStream<int>(harness.context(), {{1, 2, 3, 4, 5, 6}});
    in | filter([](int x) { return noThrees(x) % 2 == 0; }, letters) | foreachRDD([&](auto batch) { kept = std::move(batch) | collect(); });
    in | flatMap([](int x) { return std::vector<int>(static_cast<std::size_t>(noThrees(x)) % 3, x); }, letters) |
        foreachRDD([&](auto batch) { made = std::move(batch) | collect(); });
    in | map([](int x) { return std::pair{x, x % 2}; }) |
        map([](int a, int b) { return b == 0 ? throw std::domain_error{"zero"} : a / b; }, pairLetters) |
        foreachRDD([&](auto batch) { quotients = std::move(batch) | collect(); });
    failed | foreachRDD([&](auto batch) { wrong = textsOf(std::move(batch) | collect()); });
    failedPairs | foreachRDD([&](auto batch) {
        for (auto const& letter : std::move(batch) | collect())
            wrongPairs.push_back(std::to_string(letter.record.first) + ": " + letter.error);
    });
    harness.start();
    harness.advance(1s);
    CHECK(kept == std::vector{2, 4});
    CHECK(made == std::vector{1, 2, 2, 4, 5, 5});
    CHECK(quotients == std::vector{1, 3, 5});
    CHECK(wrong == Texts{"3: three", "3: three", "6: three", "6: three"});
    std::sort(wrongPairs.begin(), wrongPairs.end());
    CHECK(wrongPairs == Texts{"2: zero", "4: zero", "6: zero"});
}

TEST_CASE("where f takes a value, or gives a key, the whole record is the letter; what is partitioned by key stays so")
{
    using Pair = std::pair<int, std::string>;
    testing::Harness harness{{.master = "local[2]"}};
    auto [letters, failed] = deadLetters<Pair>(harness.context());
    auto [texts, failedTexts] = deadLetters<std::string>(harness.context());
    auto const counts = deadLetters<std::pair<int, int>>(harness.context()).letters;
    std::vector<std::pair<int, int>> numbers;
    std::vector<std::pair<int, char>> characters;
    std::vector<std::pair<int, std::string>> keyed;
    Texts wrong;
    auto const pairs = testing::literalStream<Pair>(harness.context(), {{{1, "10"}, {2, "two"}, {3, "30"}}}, 2);
    auto const parsed = pairs | mapValues(parse, letters);
    parsed | foreachRDD([&](auto batch) { numbers = std::move(batch) | collect(); });
    pairs | flatMapValues([](std::string const& text) { return parse(text) > 10 ? text : std::string{}; }, letters) |
        foreachRDD([&](auto batch) { characters = std::move(batch) | collect(); });
    pairs | map([](int, std::string const& text) { return text; }) | keyBy(parse, texts) |
        foreachRDD([&](auto batch) { keyed = std::move(batch) | collect(); });
    failed | foreachRDD([&](auto batch) {
        for (auto const& [record, error, at] : std::move(batch) | collect())
            wrong.push_back(std::to_string(record.first) + " " + record.second + ": " + error);
    });
    failedTexts | foreachRDD([&](auto batch) {
        for (auto const& text : textsOf(std::move(batch) | collect())) wrong.push_back(text);
    });
    harness.start();
    harness.advance(1s);
    CHECK(numbers == std::vector<std::pair<int, int>>{{1, 10}, {3, 30}});
    CHECK(characters == std::vector<std::pair<int, char>>{{3, '3'}, {3, '0'}});
    CHECK(keyed == std::vector<Pair>{{10, "10"}, {30, "30"}});
    CHECK(wrong == Texts{"2 two: stoi", "2 two: stoi", "two: stoi"});

    // On batches, too: what is exchanged once is not exchanged for what stands behind.
    auto const parts = rdd({std::pair{1, 1}, std::pair{2, 2}, std::pair{1, 3}}) | partitionBy(tests::ByRemainder{});
    static_cast<void>(parts | collect());
    std::vector<std::pair<int, int>> const sums{{1, 4}, {2, 2}};
    CHECK(tests::askedIn([&] {
              CHECK((parts | mapValues([](int n) { return n; }, counts) | foldByKey(0, std::plus{}, tests::ByRemainder{}) | collect()) ==
                    sums);
              CHECK((parts | flatMapValues([](int n) { return std::vector{n}; }, counts) | foldByKey(0, std::plus{}, tests::ByRemainder{}) |
                     collect()) == sums);
          }) == 0);
}

TEST_CASE("of a record for which f throws no range is made up: it may be of a type that is never empty")
{
    struct Last {
        explicit Last(int n) : digit(n % 10) {}
        int digit;
        [[nodiscard]] int const* begin() const { return &digit; }
        [[nodiscard]] int const* end() const { return &digit + 1; }
    };
    auto const last = [](int n) { return Last{noThrees(n)}; };
    testing::Harness harness;
    auto const letters = deadLetters<int>(harness.context()).letters;
    auto const pairLetters = deadLetters<std::pair<int, int>>(harness.context()).letters;
    CHECK((rdd({11, 12, 13}) | flatMap(last, letters) | collect()) == std::vector{1, 3});
    CHECK((rdd({std::pair{1, 11}, std::pair{2, 12}}) | flatMapValues(last, pairLetters) | collect()) == std::vector{std::pair{1, 1}});
}

TEST_CASE("what throws behind it is none of its letters: the batch fails")
{
    testing::Harness harness{{.master = "inline", .onBatchFailure = proceed}};
    auto [letters, failed] = deadLetters<int>(harness.context());
    Texts wrong;
    testing::literalStream<int>(harness.context(), {{1, 2, 3}}) | map(noThrees, letters) |
        map([](int x) { return x == 2 ? throw std::runtime_error{"two"} : x; }) |
        foreachRDD([](auto batch) { std::move(batch) | collect(); });
    failed | foreachRDD([&](auto batch) { wrong = textsOf(std::move(batch) | collect()); });
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    CHECK_THROWS_WITH_AS(harness.context().awaitTermination(), doctest::Contains("two"), StreamError);
    CHECK(wrong == Texts{});  // it failed before the third one
}

TEST_CASE("letters of an output that stands behind that of the letters are in the next batch")
{
    testing::Harness harness;
    auto [letters, failed] = deadLetters<int>(harness.context());
    std::vector<Texts> wrong;
    failed | foreachRDD([&](auto batch) { wrong.push_back(textsOf(std::move(batch) | collect())); });
    testing::literalStream<int>(harness.context(), {{3}, {1}, {6}}) | map(noThrees, letters) |
        foreachRDD([](auto batch) { std::move(batch) | collect(); });
    harness.start();
    harness.advance(4s);
    CHECK(wrong == std::vector<Texts>{{}, {"3: three"}, {}, {"6: three"}});
}

TEST_CASE("two outputs see the letters twice where nothing is cached, and once where it is")
{
    for (bool const cached : {false, true}) {
        testing::Harness harness;
        auto [letters, failed] = deadLetters<int>(harness.context());
        Texts wrong;
        DStream<int> const mapped = testing::literalStream<int>(harness.context(), {{3, 4}}) | map(noThrees, letters);
        DStream<int> const numbers = cached ? DStream<int>{mapped | cache()} : mapped;
        for (int i = 0; i < 2; ++i) numbers | foreachRDD([](auto batch) { CHECK((std::move(batch) | collect()) == std::vector{4}); });
        failed | foreachRDD([&](auto batch) { wrong = textsOf(std::move(batch) | collect()); });
        harness.start();
        harness.advance(1s);
        CHECK(wrong.size() == (cached ? 1 : 2));
    }
}

TEST_CASE("two outputs of the letters see the same ones; a batch of them that is kept stays")
{
    testing::Harness harness;
    auto [letters, failed] = deadLetters<int>(harness.context());
    std::vector<Texts> wrong;
    std::vector<RDD<DeadLetter<int>>> kept;
    testing::literalStream<int>(harness.context(), {{3}, {6}}) | map(noThrees, letters) |
        foreachRDD([](auto batch) { std::move(batch) | collect(); });
    for (int i = 0; i < 2; ++i) failed | foreachRDD([&](auto batch) { wrong.push_back(textsOf(std::move(batch) | collect())); });
    failed | foreachRDD([&](auto batch) { kept.push_back(std::move(batch)); });
    harness.start();
    harness.advance(2s);
    CHECK(wrong == std::vector<Texts>{{"3: three"}, {"3: three"}, {"6: three"}, {"6: three"}});
    CHECK(textsOf(kept[0] | collect()) == Texts{"3: three"});
}

TEST_CASE("without an output letters are dropped, and hold nothing")
{
    auto const token = std::make_shared<int>(0);
    testing::Harness harness;
    auto [letters, failed] = deadLetters<std::shared_ptr<int>>(harness.context());
    auto const in = testing::literalStream<int>(harness.context(), {{1, 2, 3}, {}});
    in | map([token](int) { return token; }) | map([](std::shared_ptr<int> const&) -> int { throw std::runtime_error{"no"}; }, letters) |
        foreachRDD([](auto batch) { std::move(batch) | collect(); });
    harness.start();
    auto const before = token.use_count();
    harness.advance(2s);
    CHECK(token.use_count() == before);
}
