#include <sluice/operators/reduce_by_window.hpp>

#include "wide.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;
using testing::Batches;

namespace {

using Stream = DStream<int>;

/// Digits one after another: associative alone.
struct Digits {
    [[nodiscard]] long operator()(long a, long b) const
    {
        long shift = 1;
        for (; shift <= b; shift *= 10) {}
        return a * shift + b;
    }
};

}  // namespace

TEST_CASE("the records of a window are one record, in their order; a window without any has none")
{
    Batches<int> const in{{1, 2, 3}, {}, {4}, std::nullopt, {}, {5, 6}};
    for (char const* master : {"inline", "local[2]"}) {
        auto const run = [&](std::optional<Duration> slide) {
            return testing::runBatches<int>(
                in, [&](Stream s) { return s | map([](int x) { return static_cast<long>(x); }) | reduceByWindow(Digits{}, 2s, slide); },
                {.partitions = 3, .master = master});
        };
        CHECK(run({}) == Batches<long>{{123}, {123}, {4}, {4}, {}, {56}});
        CHECK(run(2s) == Batches<long>{std::nullopt, {123}, std::nullopt, {4}, std::nullopt, {56}});
    }
}

TEST_CASE("with an inverse what leaves is taken out of the total, and gives the same")
{
    Batches<int> const in{{1, 2, 3}, {}, {4}, std::nullopt, {}, {5, 6}, {7}};
    auto const out = testing::runBatches<int>(in, [](Stream s) -> Stream { return s | reduceByWindow(std::plus{}, std::minus{}, 3s); });
    CHECK(out == Batches<int>{{6}, {6}, {10}, {4}, {4}, {11}, {18}});
    CHECK(out == testing::runBatches<int>(in, [](Stream s) -> Stream { return s | reduceByWindow(std::plus{}, 3s); }));
}

TEST_CASE("both durations must be positive multiples of the stream's slide, whose own may be longer")
{
    auto const message = [](Duration length, std::optional<Duration> slide) {
        return messageOf([&] {
            static_cast<void>(testing::runBatches<int>({{1}, {2}, {3}, {4}}, [&](Stream s) -> Stream {
                return s | reduceByWindow(std::plus{}, 2s, 2s) | reduceByWindow(std::plus{}, length, slide);
            }));
        });
    };
    CHECK(says(message(3s, {}), "sluice::reduceByWindow ("));
    CHECK(says(message(3s, {}),
               "the window duration must be a positive multiple of the slide duration of its stream, which is 2000 ms, got 3000 ms"));
    CHECK(says(message(2s, 1s), "the slide duration must be"));
    CHECK(message(4s, {}) == "nothing was thrown");
}
