#include <sluice/operators/count_by_value_and_window.hpp>
#include <sluice/operators/partition_by.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

using Counts = std::pair<int, std::int64_t>;

TEST_CASE("how often each record is in the window; one that is not there any more is not counted")
{
    Batches<int> const in{{7, 8, 7}, {8}, std::nullopt, {}, {7}};
    auto const none = std::nullopt;
    auto const run = [&](std::optional<Duration> slide) {
        return sorted(
            testing::runBatches<int>(in, [&](DStream<int> s) { return s | countByValueAndWindow(2s, slide, 1); }, {.master = "local[2]"}));
    };
    CHECK(run({}) == Batches<Counts>{{{7, 2}, {8, 1}}, {{7, 2}, {8, 2}}, {{8, 1}}, {}, {{7, 1}}});
    CHECK(run(3s) == Batches<Counts>{none, none, {{8, 1}}, none, none});
}

TEST_CASE("counts are partitioned by record, as they are told")
{
    auto const out = testing::runBatches<int>({{1, 2, 3, 4}, {4}}, [](DStream<int> s) {
        return s | countByValueAndWindow(2s, 1s, ByRemainder{2}) | transform([](auto batch) {
                   CHECK(batch.numPartitions() == 2);
                   return batch;
               });
    });
    CHECK(sorted(out) == Batches<Counts>{{{1, 1}, {2, 1}, {3, 1}, {4, 1}}, {{1, 1}, {2, 1}, {3, 1}, {4, 2}}});
}

TEST_CASE("text is owned")
{
    auto const out = testing::runBatches<std::string>(
        {{"a b a"}, {"b"}}, [](auto in) { return in | map(lower) | flatMap(split()) | countByValueAndWindow(2s, 1s, 1); });
    CHECK(sorted(out) == Batches<std::pair<std::string, std::int64_t>>{{{"a", 2}, {"b", 1}}, {{"a", 2}, {"b", 2}}});
}

TEST_CASE("both durations must be positive multiples of the stream's slide")
{
    auto const text = messageOf(
        [&] { static_cast<void>(testing::runBatches<int>({{1}}, [&](DStream<int> s) { return s | countByValueAndWindow(2500ms); })); });
    CHECK(says(text, "sluice::countByValueAndWindow ("));
    CHECK(says(text, "which is 1000 ms, got 2500 ms"));
}
