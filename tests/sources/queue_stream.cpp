#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// The batches of a queue stream: their partitions and records.
struct Program {
    IntervalClock clock{1s};
    RDDQueue<int> queue;
    std::vector<std::size_t> partitions;
    std::vector<std::vector<int>> batches;
    Time now{};

    template <class... Args>
    explicit Program(Args... args)
    {
        queueStream(clock, queue, args...) | foreachRDD([this](auto batch) {
            partitions.push_back(batch.numPartitions());
            batches.push_back(batch | collect());
        });
        clock.poll(now);
    }
    void run(int seconds) { clock.poll(now = now + seconds * 1s); }
};

using Batches = std::vector<std::vector<int>>;
using Sizes = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a batch takes one of those that wait, and an empty one where none does")
{
    Program p;
    p.queue.push(rdd({1, 2, 3}, 3));
    p.queue.push({4, 5});
    CHECK(p.queue.size() == 2);
    p.run(3);
    CHECK(p.batches == Batches{{1, 2, 3}, {4, 5}, {}});
    CHECK(p.partitions == Sizes{3, 1, 1});
    CHECK(p.queue.size() == 0);
    p.queue.push({6});
    p.run(1);
    CHECK(p.batches.back() == std::vector{6});
}

TEST_CASE("a batch takes all that wait, one after another, where it is told to")
{
    Program p{false};
    p.queue.push(rdd({1, 2, 3}, 2));
    p.queue.push(std::vector<int>{});
    p.queue.push({4});
    p.run(2);
    CHECK(p.batches == Batches{{1, 2, 3, 4}, {}});
    CHECK(p.partitions == Sizes{4, 1});
}

TEST_CASE("where none waits, the default stands in")
{
    Program p{true, RDD<int>{rdd({7, 8}, 2)}};
    p.queue.push({1});
    p.run(3);
    CHECK(p.batches == Batches{{1}, {7, 8}, {7, 8}});
    CHECK(p.partitions == Sizes{1, 2, 2});
}

TEST_CASE("without a default there is a batch without partitions")
{
    for (bool const one : {true, false}) {
        Program p{one, std::nullopt};
        p.run(1);
        CHECK(p.batches == Batches{{}});
        CHECK(p.partitions == Sizes{0});
    }
}

TEST_CASE("a batch without partitions goes through wide operators")
{
    IntervalClock clock{1s};
    std::size_t seen = 99;
    queueStream(clock, RDDQueue<int>{}, true, std::nullopt) | map([](int x) { return std::pair{x, 1}; }) | reduceByKey(std::plus{}) |
        foreachRDD([&](auto batch) { seen = (batch | collect()).size(); });
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(seen == 0);
}

TEST_CASE("a batch that is pushed may be a pipeline itself")
{
    Program p;
    std::vector<int> const numbers{1, 2, 3};
    p.queue.push(rdd(numbers) | map([](int x) { return 10 * x; }));
    p.run(1);
    CHECK(p.batches == Batches{{10, 20, 30}});
}

TEST_CASE("copies are the same queue")
{
    RDDQueue<int> const queue;
    auto const copy = queue;
    copy.push({1});
    CHECK(queue.size() == 1);
}

TEST_CASE("a graceful stop processes what was pushed before it, one batch after another, and leaves what comes later")
{
    for (bool const oneAtATime : {true, false}) {
        for (auto const* const master : {"inline", "local[2]"}) {
            CAPTURE(oneAtATime);
            CAPTURE(master);
            RDDQueue<int> queue;
            std::vector<int> seen;
            testing::Harness harness{{.master = master, .defaultParallelism = 1}};
            queueStream(harness.context(), queue, oneAtATime) | foreachRDD([&](auto batch) {
                for (int const x : batch | collect()) seen.push_back(x);
                queue.push({-1});  // from a job of the last batches: nobody has asked for that
            });
            for (int i = 0; i < 5; ++i) queue.push({i});
            harness.start();
            harness.context().stop({.gracefully = true, .deadline = harness.patience});
            CHECK(seen == std::vector{0, 1, 2, 3, 4});
            CHECK(queue.size() == (oneAtATime ? 5 : 1));
        }
    }
}

TEST_CASE("a stop without grace leaves the queue as it is")
{
    RDDQueue<int> queue;
    testing::Harness harness;
    queueStream(harness.context(), queue) | foreachRDD([](auto const&) {});
    queue.push({1});
    harness.start();
    harness.context().stop();
    CHECK(queue.size() == 1);
}
