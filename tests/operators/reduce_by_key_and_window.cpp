#include <sluice/operators/join.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/testing/harness.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

namespace {

using Stream = DStream<Pair>;

struct Even {
    bool operator()(int, int value) const { return value % 2 == 0; }
};

/// Sums of a window.
Batches<Pair> sums(Batches<Pair> in, Duration length, std::optional<Duration> slide = {}, testing::Options options = {})
{
    return sorted(testing::runBatches<Pair>(
        std::move(in), [&](Stream s) -> Stream { return s | reduceByKeyAndWindow(std::plus{}, length, slide); }, options));
}

/// The same with an inverse.
Batches<Pair> differences(Batches<Pair> in, Duration length, std::optional<Duration> slide, WindowMode mode)
{
    return sorted(testing::runBatches<Pair>(std::move(in), [&](Stream s) -> Stream {
        return s | reduceByKeyAndWindow(std::plus{}, std::minus{}, length, slide, 1, detail::KeepAll{}, mode);
    }));
}

}  // namespace

TEST_CASE("each key's values over the batches of the window meet; a key leaves with its last batch")
{
    Batches<Pair> const in{{{1, 1}, {2, 10}, {1, 2}}, {{1, 3}}, {}, std::nullopt, {{2, 20}}};
    Batches<Pair> const expected{{{1, 3}, {2, 10}}, {{1, 6}, {2, 10}}, {{1, 3}}, {}, {{2, 20}}};
    CHECK(sums(in, 2s) == expected);
    CHECK(sums(in, 2s, 1s, {.partitions = 3, .master = "local[2]"}) == expected);
}

TEST_CASE("there is a result once a slide, longer ones leave batches out")
{
    Batches<Pair> const in{{{1, 1}}, {{1, 2}}, {{1, 4}}, {{1, 8}}, {{1, 16}}, {{1, 32}}};
    auto const none = std::nullopt;
    CHECK(sums(in, 3s, 2s) == Batches<Pair>{none, {{1, 3}}, none, {{1, 14}}, none, {{1, 56}}});
    CHECK(sums(in, 1s, 3s) == Batches<Pair>{none, none, {{1, 4}}, none, none, {{1, 32}}});
    CHECK(differences(in, 1s, 3s, WindowMode::exact) == Batches<Pair>{none, none, {{1, 4}}, none, none, {{1, 32}}});
    CHECK(differences(in, 2s, 2s, WindowMode::exact) == Batches<Pair>{none, {{1, 3}}, none, {{1, 12}}, none, {{1, 48}}});
}

TEST_CASE("with an inverse dead keys leave, too; the compatible mode keeps them as the inverse leaves them")
{
    Batches<Pair> const in{{{1, 1}}, {{2, 5}}, {}, {{1, 7}}};
    CHECK(differences(in, 2s, {}, WindowMode::exact) == Batches<Pair>{{{1, 1}}, {{1, 1}, {2, 5}}, {{2, 5}}, {{1, 7}}});
    CHECK(differences(in, 2s, {}, WindowMode::compatible) == Batches<Pair>{{{1, 1}}, {{1, 1}, {2, 5}}, {{1, 0}, {2, 5}}, {{1, 7}, {2, 0}}});
}

TEST_CASE("partitions, filter and mode may each be left out")
{
    Batches<Pair> const in{{{1, 1}, {2, 2}}, {}, {}};
    auto const run = [&](auto... last) {
        return sorted(testing::runBatches<Pair>(
            in, [&](Stream s) -> Stream { return s | reduceByKeyAndWindow(std::plus{}, std::minus{}, 2s, 1s, last...); }));
    };
    Batches<Pair> const even{{{2, 2}}, {{2, 2}}, {}};
    Batches<Pair> const kept{{{1, 1}, {2, 2}}, {{1, 1}, {2, 2}}, {{1, 0}, {2, 0}}};
    CHECK(run(Even{}) == even);
    CHECK(run(2, Even{}) == even);
    CHECK(run(WindowMode::compatible) == kept);
    CHECK(run(2, WindowMode::compatible) == kept);
    CHECK(run(Even{}, WindowMode::compatible) == Batches<Pair>{{{2, 2}}, {{2, 2}}, {{1, 0}, {2, 0}}});
}

TEST_CASE("the filter says what is given out, and breaks nothing; in the compatible mode it lets dead keys go")
{
    Batches<Pair> const in{{{1, 1}, {2, 2}}, {{1, 1}}, {}, {{2, 4}}, {}, {}};
    auto const run = [&](auto keep, WindowMode mode) {
        return sorted(testing::runBatches<Pair>(
            in, [&](Stream s) -> Stream { return s | reduceByKeyAndWindow(std::plus{}, std::minus{}, 2s, 1s, 1, keep, mode); }));
    };
    CHECK(run(Even{}, WindowMode::exact) == Batches<Pair>{{{2, 2}}, {{1, 2}, {2, 2}}, {}, {{2, 4}}, {{2, 4}}, {}});
    CHECK(run(Even{}, WindowMode::compatible) ==
          Batches<Pair>{{{2, 2}}, {{1, 2}, {2, 2}}, {{2, 0}}, {{1, 0}, {2, 4}}, {{1, 0}, {2, 4}}, {{1, 0}, {2, 0}}});
    CHECK(run([](int, int value) { return value != 0; }, WindowMode::compatible) ==
          Batches<Pair>{{{1, 1}, {2, 2}}, {{1, 2}, {2, 2}}, {{1, 1}}, {{2, 4}}, {{2, 4}}, {}});
}

TEST_CASE("values meet in the order of batches, and of records; text is owned")
{
    auto const out = testing::runBatches<int>({{1, 2}, {3, 4}, {5}, {6}, {7, 8}}, [](auto in) {
        return in | map([](int x) { return std::pair{x % 2, std::to_string(x)}; }) |
               reduceByKeyAndWindow([](std::string const& a, std::string const& b) { return a + b; }, 3s, 1s, 1);
    });
    using Texts = std::pair<int, std::string>;
    CHECK(sorted(out) ==
          Batches<Texts>{
              {{0, "2"}, {1, "1"}}, {{0, "24"}, {1, "13"}}, {{0, "24"}, {1, "135"}}, {{0, "46"}, {1, "35"}}, {{0, "68"}, {1, "57"}}});
}

TEST_CASE("a window is partitioned by key: what stands below it exchanges the others alone")
{
    CHECK(askedIn([] {
              auto const out = testing::runBatches<Pair>({{{1, 1}, {2, 1}, {4, 1}}, {{1, 2}}, {}}, [](Stream s) {
                  auto const now = s | partitionBy(ByRemainder{});
                  auto const brief = now | reduceByKeyAndWindow(std::plus{}, 2s, 1s, ByRemainder{});
                  auto const longer = now | reduceByKeyAndWindow(std::plus{}, 3s, 1s, ByRemainder{});
                  return brief | join(longer) | transform([](auto batch) {
                             CHECK(batch.numPartitions() == 3);
                             return batch;
                         }) |
                         map([](int key, Pair const& both) { return std::pair{key, both}; });
              });
              using Joined = std::pair<int, Pair>;
              CHECK(sorted(out) ==
                    Batches<Joined>{{{1, {1, 1}}, {2, {1, 1}}, {4, {1, 1}}}, {{1, {3, 3}}, {2, {1, 1}}, {4, {1, 1}}}, {{1, {2, 3}}}});
          }) == 4);
}

TEST_CASE("windows of windows")
{
    Batches<Pair> const in{{{1, 1}}, {{1, 2}}, {{1, 4}}, {{1, 8}}};
    auto const out = testing::runBatches<Pair>(in, [](Stream s) -> Stream {
        return s | reduceByKeyAndWindow(std::plus{}, 2s, 2s, 1) | reduceByKeyAndWindow(std::plus{}, 4s, 2s, 1);
    });
    CHECK(out == Batches<Pair>{std::nullopt, {{1, 3}}, std::nullopt, {{1, 15}}});
}

TEST_CASE("both durations must be positive multiples of the stream's slide")
{
    testing::Harness harness;
    Stream const in = testing::literalStream<Pair>(harness.context(), {{}});
    auto const message = [&](Duration length, std::optional<Duration> slide) {
        return messageOf([&] { static_cast<void>(in | reduceByKeyAndWindow(std::plus{}, length, slide)); });
    };
    CHECK(says(message(1500ms, {}), "sluice::reduceByKeyAndWindow ("));
    CHECK(says(message(1500ms, {}),
               "the window duration must be a positive multiple of the slide duration of its stream, which is 1000 ms, got 1500 ms"));
    CHECK(says(message(2s, 500ms),
               "the slide duration must be a positive multiple of the slide duration of its stream, which is 1000 ms, got 500 ms"));
}

TEST_CASE("a stream whose batches are partitioned by different partitioners must be given one")
{
    testing::Harness harness{{.master = "inline", .onBatchFailure = proceed}};
    int failed = 0;
    Stream const in = testing::literalStream<Pair>(harness.context(), {{{1, 1}}, {{2, 2}}});
    Stream const other = in | transform([](auto batch, Time t) -> RDD<Pair> {
                             if (t == Time{1s}) return batch | partitionBy(2);
                             return batch | partitionBy(3);
                         });
    other | reduceByKeyAndWindow(std::plus{}, 2s) | foreachRDD([&](auto const&) { ++failed; });
    harness.start();
    harness.advance(2s);
    harness.context().stop();
    CHECK(says(messageOf([&] { harness.context().awaitTermination(); }), "give it a number of partitions"));
    CHECK(failed == 1);
}
