#include <sluice/operators/count_by_window.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

TEST_CASE("there is always one number a window: 0 before the first record, and where none is left")
{
    Batches<int> const in{std::nullopt, {}, {1, 2, 3}, {4}, std::nullopt, {}, {5}};
    auto const none = std::nullopt;
    for (char const* master : {"inline", "local[2]"}) {
        auto const run = [&](Duration length, std::optional<Duration> slide) {
            return testing::runBatches<int>(in, [&](DStream<int> s) { return s | countByWindow(length, slide); },
                                            {.partitions = 3, .master = master});
        };
        CHECK(run(2s, {}) == Batches<std::int64_t>{{0}, {0}, {3}, {4}, {1}, {0}, {1}});
        CHECK(run(4s, 3s) == Batches<std::int64_t>{none, none, {3}, none, none, {4}, none});
        CHECK(run(1s, 3s) == Batches<std::int64_t>{none, none, {3}, none, none, {0}, none});
    }
}

TEST_CASE("both durations must be positive multiples of the stream's slide")
{
    auto const message = [](Duration length, std::optional<Duration> slide) {
        return messageOf(
            [&] { static_cast<void>(testing::runBatches<int>({{1}}, [&](DStream<int> s) { return s | countByWindow(length, slide); })); });
    };
    CHECK(says(message(2500ms, {}), "sluice::countByWindow ("));
    CHECK(says(message(2500ms, {}), "which is 1000 ms, got 2500 ms"));
    CHECK(says(message(2s, 0s),
               "the slide duration must be a positive multiple of the slide duration of its stream, which is 1000 ms, got 0 ms"));
}
