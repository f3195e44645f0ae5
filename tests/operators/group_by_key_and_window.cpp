#include <sluice/operators/group_by_key_and_window.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

using Group = std::pair<int, std::vector<int>>;

TEST_CASE("the values of each key in the window stand in the order of batches, and of records")
{
    Batches<Pair> const in{{{1, 1}, {2, 2}, {1, 3}}, {{1, 4}}, std::nullopt, {}, {{2, 5}, {1, 6}, {2, 7}}};
    auto const none = std::nullopt;
    auto const run = [&](std::optional<Duration> slide) {
        return testing::runBatches<Pair>(in, [&](DStream<Pair> s) { return s | groupByKeyAndWindow(2s, slide, 1); },
                                         {.master = "local[2]"});
    };
    CHECK(run({}) == Batches<Group>{{{1, {1, 3}}, {2, {2}}}, {{1, {1, 3, 4}}, {2, {2}}}, {{1, {4}}}, {}, {{2, {5, 7}}, {1, {6}}}});
    CHECK(run(3s) == Batches<Group>{none, none, {{1, {4}}}, none, none});
}

TEST_CASE("groups are partitioned by key, and each batch is exchanged once")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 2}}, {{4, 3}}, {}}, [](DStream<Pair> s) {
                  return s | groupByKeyAndWindow(2s, 1s, ByRemainder{}) | transform([](auto batch) {
                             CHECK(batch.numPartitions() == 3);
                             return batch;
                         });
              });
              CHECK(out == Batches<Group>{{{1, {1}}, {2, {2}}}, {{1, {1}}, {4, {3}}, {2, {2}}}, {{4, {3}}}});
          }) == 3);
}

TEST_CASE("text is owned")
{
    auto const out = testing::runBatches<std::string>({{"Al bo"}, {"AC"}},
                                                      [](auto in) { return in | lettersAndWords() | groupByKeyAndWindow(2s, 1s, 1); });
    using Words = std::pair<std::string, std::vector<std::string>>;
    CHECK(out == Batches<Words>{{{"a", {"al"}}, {"b", {"bo"}}}, {{"a", {"al", "ac"}}, {"b", {"bo"}}}});
}

TEST_CASE("both durations must be positive multiples of the stream's slide")
{
    auto const text = messageOf(
        [&] { static_cast<void>(testing::runBatches<Pair>({{}}, [&](DStream<Pair> s) { return s | groupByKeyAndWindow(2s, 700ms); })); });
    CHECK(says(text, "sluice::groupByKeyAndWindow ("));
    CHECK(says(text, "which is 1000 ms, got 700 ms"));
}
