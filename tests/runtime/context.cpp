#include <sluice/batch/rdd.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/context.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/queue_stream.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("the master says how many workers there are")
{
    using detail::workersOf;
    CHECK(workersOf("inline") == 0);
    CHECK(workersOf("local") == 1);
    CHECK(workersOf("local[1]") == 1);
    CHECK(workersOf("local[16]") == 16);
    CHECK(workersOf("local[1024]") == 1024);
    CHECK(workersOf("local[*]") >= 1);
    for (auto const* const bad : {"", "Local", "local[", "local[]", "local[0]", "local[-1]", "local[1025]", "local[2", "local[2]x",
                                  "local[ 2]", "local[2,3]", "local[1e1]", "spark://host:7077", "yarn", "inline "}) {
        CAPTURE(bad);
        CHECK_THROWS_WITH_AS(Context{Config{.master = bad}}, doctest::Contains(('"' + std::string(bad) + '"').c_str()), InvalidArgument);
    }
}

TEST_CASE("partitions are as many as workers, unless the settings say otherwise")
{
    CHECK(Context{{.master = "inline"}}.defaultParallelism() == 1);
    CHECK(Context{{.master = "local[3]"}}.defaultParallelism() == 3);
    CHECK(Context{{.master = "local[3]", .defaultParallelism = 8}}.defaultParallelism() == 8);
    CHECK(Context{{.master = "inline", .defaultParallelism = 4}}.place().defaultPartitions() == 4);
    CHECK(Context{{.master = "inline"}}.inlined());
    CHECK(!Context{{.master = "local"}}.inlined());
}

TEST_CASE("copies are the same Context")
{
    Context const context{{.master = "local[2]", .appName = "name"}};
    Context const copy = context;
    CHECK(copy.config().appName == "name");
    copy.stop();
    CHECK(context.isStopped());
    context.stop();
}

TEST_CASE("what was made on a Context runs when that is gone")
{
    EnginePlace place;
    {
        Context const context{{.master = "local[4]"}};
        place = context.place();
    }
    std::vector<std::size_t> ran;
    place.run(3, [](std::size_t) { return false; }, [&](std::size_t p) { ran.push_back(p); });
    CHECK(ran == std::vector<std::size_t>{0, 1, 2});
    CHECK(place.defaultPartitions() == 4);
}

TEST_CASE("several streaming contexts are active at once, on one Context and on their own, each with its own batches")
{
    ManualClock const clock;
    Config const config{.master = "local[3]", .clock = clock, .exclusive = false};
    Context const shared{config};
    std::atomic<int> here = 0;
    struct One {
        StreamingContext context;
        RDDQueue<int> queue{};
        std::vector<std::pair<int, int>> sums{};
        One(Context on, std::atomic<int>& all) : context(std::move(on), 1s)
        {
            queueStream(context, queue) | foreachRDD([this, &all](auto batch) {
                ++all;  // the batches of all of them overlap
                all.notify_all();
                for (int n = all; n < 3; n = all) all.wait(n);
                sums = std::move(batch) | map([](int x) { return std::pair{x % 2, x}; }) | reduceByKey(std::plus{}) | collect();
            });
            queue.push(rdd({1, 2, 3, 4, 5, 6}, 6));
            context.start();
        }
    };
    One a{shared, here};
    One b{shared, here};
    One c{Context{config}, here};
    clock.advance(1s);
    for (auto* one : {&a, &b, &c}) {
        one->context.stop({.stopContext = false, .gracefully = true});
        one->context.awaitTermination();
    }
    CHECK(a.sums.size() == 2);
    CHECK(b.sums == a.sums);
    CHECK(c.sums == a.sums);
    CHECK(!shared.isStopped());
}
