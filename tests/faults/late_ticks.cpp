#include <sluice/operators/fold.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <thread>

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
            if (times.size() == 1) std::this_thread::sleep_for(20ms);  // ten intervals
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

TEST_CASE("with CatchUp::latest the batch behind a late one has all that came meanwhile, and lies on the grid")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]"}) {
        CAPTURE(master);
        StreamingContext context{{.master = master, .catchUp = CatchUp::latest, .exclusive = false}, 2ms};
        auto source = channelStream<int>(context);
        std::vector<Time> times;
        int sum = 0;
        int stored = 0;
        source.stream | foreachRDD([&](auto batch, Time t) {
            times.push_back(t);
            sum += std::move(batch) | fold(0, std::plus{});
            source.channel.push(1);
            ++stored;
            if (times.size() % 4 == 1) std::this_thread::sleep_for(40ms);  // twenty intervals
            if (times.size() == 9) context.stop();
        });
        context.start();
        context.awaitTermination();
        REQUIRE(times.size() >= 9);
        for (std::size_t k = 1; k < times.size(); ++k) {
            CHECK(times[k] > times[k - 1]);
            CHECK((times[k] - times[0]) % 2ms == 0s);
        }
        // Two slow batches, of twenty intervals each, lie behind the ninth: few of their ticks made a batch.
        CHECK(times[8] - times[0] >= 2 * 30ms);
        CHECK(sum >= stored - 2);  // the last one, and one of a batch that the stop dropped
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
