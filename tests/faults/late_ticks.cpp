#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

// A program whose batches take longer than their interval, on the clock on the wall.

TEST_CASE("batches that come late come all, back to back, with the times of their grid")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]"}) {
        CAPTURE(master);
        std::vector<Time> times;
        StreamingContext context{{.master = master, .exclusive = false}, 2ms};
        auto source = channelStream<int>(context);
        source.stream | foreachRDD([&](auto const&, Time t) {
            times.push_back(t);
            if (times.size() == 1) static_cast<void>(context.awaitTerminationOrTimeout(20ms));  // ten intervals
            if (times.size() == 15) context.stop();
        });
        context.start();
        context.awaitTermination();
        REQUIRE(times.size() >= 15);
        for (std::size_t k = 0; k < times.size(); ++k) {
            CHECK(times[k] == times[0] + static_cast<std::int64_t>(k) * 2ms);
            CHECK(times[k].isMultipleOf(2ms));
        }
    }
}

TEST_CASE("the destructor of a context whose clock ticks ends it, again and again")
{
    for (int round = 0; round < 20; ++round) {
        std::atomic<int> batches = 0;  // outlives the context, which runs batches to its end
        StreamingContext context{{.master = round % 2 == 0 ? "inline" : "local[2]", .exclusive = false}, 1ms};
        auto source = channelStream<int>(context);
        source.stream | foreachRDD([&](auto const&) {
            ++batches;
            batches.notify_one();
        });
        context.start();
        source.channel.push(1);
        for (int now = batches; now < 2; now = batches) batches.wait(now);
    }
}
