#include <sluice/operators/foreach.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

// A batch that would take a quarter of an hour, in a context that goes.

TEST_CASE("the destructor of an active context waits two seconds for its batch, and then for the blocks that are read")
{
    auto const begin = std::chrono::steady_clock::now();
    std::atomic<int> records = 0;
    {
        ManualClock const clock;
        StreamingContext context{{.master = "local[2]", .defaultParallelism = 2000, .clock = clock, .exclusive = false}, 1s};
        auto source = channelStream<int>(context);
        source.stream | foreachRDD([&](auto batch) {
            batch | foreach([&](int) {
                ++records;
                records.notify_all();
                std::this_thread::sleep_for(100ms);
            });
        });
        context.start();
        for (int i = 0; i < 20'000; ++i) source.channel.push(i);
        clock.advance(1s);
        records.wait(0);
    }
    CHECK(std::chrono::steady_clock::now() - begin < 30s);
    CHECK(records < 20'000);
}

TEST_CASE("where no deadline of a graceful stop is set it is ten intervals")
{
    ManualClock const clock;
    StreamingContext context{{.master = "local[1]", .clock = clock, .exclusive = false}, 50ms};
    auto source = channelStream<int>(context);
    std::atomic<bool> begun = false;
    source.stream | foreachRDD([&](auto const& batch) {
        begun = true;
        begun.notify_all();
        while (true) batch | foreach([](int) {});  // until it is told to give up
    });
    context.start();
    source.channel.push(1);
    clock.advance(50ms);
    begun.wait(false);
    auto const begin = std::chrono::steady_clock::now();
    context.stop({.gracefully = true});
    auto const took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= 500ms);
    CHECK(took < 10s);
    CHECK_THROWS_WITH_AS(context.awaitTermination(), doctest::Contains("the context was stopped"), StreamError);
}
