#include <sluice/operators/count.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace sluice;
using namespace std::literals;

namespace {

/// Runs three batches, {1, 2}, {} and none, into the output.
template <class Output>
void runInto(Output output)
{
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    testing::literalStream<int>(context, {{1, 2}, {}, std::nullopt}) | std::move(output);
    context.start();
    clock.advance(3s);
    context.stop();
    context.awaitTermination();
}

}  // namespace

TEST_CASE("f is called with each batch, empty ones too, and not where there is none")
{
    std::vector<std::int64_t> counts;
    runInto(foreachRDD([&](auto batch) { counts.push_back(batch | count()); }));
    CHECK(counts == std::vector<std::int64_t>{2, 0});
}

TEST_CASE("f is given the batch time where it asks for it")
{
    std::vector<Time> times;
    runInto(foreachRDD([&](auto, Time t) { times.push_back(t); }));
    CHECK(times == std::vector{Time{1s}, Time{2s}});
}

TEST_CASE("f may be move-only, and what it returns is ignored")
{
    auto sum = std::make_unique<int>(0);
    auto* const seen = sum.get();
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    testing::literalStream<int>(context, {{1, 2}}) | foreachRDD([sum = std::move(sum)](auto batch) {
        batch | foreach ([&](int x) { *sum += x; });
        return *sum;
    });
    context.start();
    clock.advance(1s);
    CHECK(*seen == 3);
}

TEST_CASE("a detached pipeline may end in an output, and be used again")
{
    std::vector<int> seen;
    auto const pipeline = map([](int x) { return 10 * x; }) | foreachRDD([&](auto batch) {
                              for (int x : batch | collect()) seen.push_back(x);
                          });
    runInto(pipeline);
    runInto(pipeline);
    CHECK(seen == std::vector{10, 20, 10, 20});
}

TEST_CASE("an RDD that is kept outlives its batch and its context")
{
    std::optional<RDD<std::string>> kept;
    {
        ManualClock const clock;
        StreamingContext context{{.master = "local[2]", .clock = clock, .exclusive = false}, 1s};
        auto const prefix = std::make_shared<std::string>("number ");
        testing::literalStream<int>(context, {{1, 2, 3}, {4}}) | map([prefix](int x) { return *prefix + std::to_string(x); }) |
            foreachRDD([&](auto batch, Time t) {
                if (t == Time{1s}) kept = batch;
            });
        context.start();
        clock.advance(2s);
        context.stop({.gracefully = true});
    }
    REQUIRE(kept.has_value());
    CHECK((*kept | collect()) == std::vector{"number 1"s, "number 2"s, "number 3"s});
}

TEST_CASE("what f throws fails its job, as an error that names the output, its line and the batch")
{
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    auto const line = __LINE__ + 1;
    testing::literalStream<int>(context, {{1}}) | foreachRDD([](auto) { throw std::runtime_error{"no database"}; });
    context.start();
    clock.advance(1s);
    try {
        context.awaitTermination();
        FAIL("nothing was thrown");
    } catch (StreamError const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::foreachRDD (") != std::string::npos);
        CHECK(text.find("foreach_rdd.cpp:" + std::to_string(line) + ')') != std::string::npos);
        CHECK(text.find("batch 1000 ms: no database") != std::string::npos);
        CHECK_THROWS_WITH_AS(std::rethrow_if_nested(error), "no database", std::runtime_error);
    }
}
