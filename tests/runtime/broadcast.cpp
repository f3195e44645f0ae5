#include <sluice/operators/collect.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/broadcast.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Counts how many of it there are.
struct Alive {
    static inline std::atomic<int> count = 0;
    int number;
    explicit Alive(int n) : number(n) { ++count; }
    Alive(Alive const& other) : number(other.number) { ++count; }
    Alive& operator=(Alive const&) = default;
    ~Alive() { --count; }
};

}  // namespace

TEST_CASE("handles share one value, which is owned")
{
    std::string text = "text";
    auto const handle = broadcast(std::string_view{text});
    static_assert(std::is_same_v<decltype(handle), Broadcast<std::string> const>);
    text = "else";
    auto const copy = handle;
    CHECK(copy.value() == "text");
    CHECK(&copy.value() == &handle.value());
    copy.unpersist();
    CHECK(handle.value() == "text");
}

TEST_CASE("what is destroyed is refused, and freed with the last handle")
{
    {
        auto const handle = broadcast(Alive{1});
        auto const copy = handle;
        CHECK(Alive::count == 1);
        copy.destroy();
        CHECK_THROWS_WITH_AS(static_cast<void>(handle.value()), "sluice::Broadcast::value(): the broadcast has been destroyed",
                             IllegalState);
        CHECK_THROWS_WITH_AS(handle.unpersist(), "sluice::Broadcast::unpersist(): the broadcast has been destroyed", IllegalState);
        CHECK_THROWS_WITH_AS(handle.destroy(), "sluice::Broadcast::destroy(): the broadcast has been destroyed", IllegalState);
    }
    CHECK(Alive::count == 0);
}

TEST_CASE("a task that uses a destroyed broadcast fails as a StreamError that says so")
{
    testing::Harness harness;
    RDDQueue<int> queue;
    auto const handle = broadcast(2);
    queueStream(harness.context(), queue) | map([handle](int x) { return x * handle.value(); }) |
        foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
    harness.start();
    handle.destroy();
    queue.push({1});
    harness.advance(1s);
    CHECK_THROWS_AS(harness.context().awaitTermination(), StreamError);
}

TEST_CASE("what is replaced is seen by the next batch: in what plans it, in its job and in its tasks")
{
    for (auto const* const master : {"inline", "local[1]", "local[3]"}) {
        CAPTURE(master);
        testing::Harness harness{{.master = master}};
        RDDQueue<int> queue;
        auto const factor = replaceableBroadcast(harness.context(), 10);
        std::vector<std::vector<int>> out;
        queueStream(harness.context(), queue) | transform([factor](auto batch) {
            return batch | map([planned = factor.value(), factor](int x) { return planned == factor.value() ? x * planned : -1; });
        }) | foreachRDD([&, factor](auto batch) {
            auto const before = factor.value();
            factor.replace(before + 1);  // twice, and in the midst of a batch
            factor.replace(before + 10);
            CHECK(factor.latest() == before + 10);
            auto records = batch | collect();
            records.push_back(factor.value());
            out.push_back(std::move(records));
        });
        harness.start();
        for (int i = 0; i < 3; ++i) {
            queue.push(rdd({1, 2, 3, 4}, 4));
            harness.advance(1s);
        }
        CHECK(out == std::vector<std::vector<int>>{{10, 20, 30, 40, 10}, {20, 40, 60, 80, 20}, {30, 60, 90, 120, 30}});
    }
}

TEST_CASE("a static data set that is joined with may be replaced between batches")
{
    testing::Harness harness;
    RDDQueue<int> queue;
    using Names = std::map<int, std::string>;
    auto const names = replaceableBroadcast(harness.context(), Names{{1, "one"}, {2, "two"}});
    std::vector<std::vector<std::string>> out;
    queueStream(harness.context(), queue) | transform([names](auto batch) {
        return batch | filter([names](int x) { return names.value().contains(x); }) | map([names](int x) { return names.value().at(x); });
    }) | foreachRDD([&](auto batch) { out.push_back(batch | collect()); });
    harness.start();
    queue.push({1, 2, 3});
    harness.advance(1s);
    names.replace({{3, "three"}});
    queue.push({1, 2, 3});
    harness.advance(1s);
    CHECK(out == std::vector<std::vector<std::string>>{{"one", "two"}, {"three"}});
}

TEST_CASE("of batches on their way at once, each sees its own value, and values that none needs are freed")
{
    {
        testing::Harness harness{{.master = "local[3]", .concurrentJobs = 3}};
        RDDQueue<int> queue;
        auto const version = replaceableBroadcast(harness.context(), Alive{0});
        std::mutex mutex;
        std::map<Time, std::set<int>> seen;
        auto const look = [&, version](Time t) {
            auto const number = version.value().number;
            std::lock_guard const lock{mutex};
            seen[t].insert(number);
        };
        auto const numbers = queueStream(harness.context(), queue);
        for (int i = 0; i < 2; ++i) {
            numbers | foreachRDD([&, version, look](auto batch, Time t) {
                look(t);
                version.replace(Alive{static_cast<int>(t.milliseconds())});
                batch | foreach ([&look, t](int) { look(t); });
                look(t);
            });
        }
        harness.start();
        for (int i = 0; i < 60; ++i) {
            queue.push(rdd({1, 2, 3, 4}, 4));
            harness.clock().advance(1s);
        }
        harness.context().awaitBatches();
        REQUIRE(seen.size() == 60);
        for (auto const& [t, numbersOfBatch] : seen) CHECK(numbersOfBatch.size() == 1);
        CHECK(Alive::count <= 3);  // the last batch's, the one before it in time, and what waits for the next
        harness.advance(1s);
        CHECK(version.latest().number == 61000);
    }
    CHECK(Alive::count == 0);
}

TEST_CASE("outside of a batch there is no value, but the latest one")
{
    testing::Harness harness;
    auto const handle = replaceableBroadcast(harness.context(), 1);
    CHECK_THROWS_AS(static_cast<void>(handle.value()), IllegalState);
    CHECK(handle.latest() == 1);
    handle.replace(2);
    CHECK(handle.latest() == 2);
}
