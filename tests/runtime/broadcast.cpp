#include <sluice/runtime/broadcast.hpp>

#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;

TEST_CASE("a value is shared, never copied, by all who hold it, and lives as long")
{
    auto owner = std::make_shared<int>(7);
    std::weak_ptr<int> const alive = owner;
    auto const held = std::make_unique<Broadcast<std::shared_ptr<int>>>(std::move(owner));
    {
        auto const copy = *held;
        CHECK(&copy.value() == &held->value());
        CHECK(**copy == 7);
        CHECK(copy->use_count() == 1);
    }
    CHECK(!alive.expired());
}

TEST_CASE("to read a destroyed one is an error, to hold it is not")
{
    Broadcast const text{std::string{"table"}};
    auto const copy = text;
    CHECK(copy->size() == 5);
    text.destroy();
    CHECK_THROWS_WITH_AS(static_cast<void>(copy.value()), "sluice::Broadcast::value: the broadcast has been destroyed", IllegalState);
    CHECK_THROWS_AS((rdd({1}) | map([copy](int) { return copy->size(); }) | collect()), StreamError);
}

TEST_CASE("what is replaced between batches is another value for the next batch, and one for all tasks of each")
{
    Replaceable const factor{10};
    auto const out = testing::runBatches<int>(
        {{1, 2, 3, 4}, {1, 2}, {5}},
        [factor](auto in) {
            return in | transform([factor](auto batch) {
                       auto const now = factor.get();
                       factor.replace(*now + 1);  // for the next batch; this one's tasks have not begun
                       return batch | map([now](int x) { return x * *now; });
                   });
        },
        {.partitions = 4, .master = "local[2]"});
    CHECK(out == testing::Batches<int>{{10, 20, 30, 40}, {11, 22}, {60}});
}

TEST_CASE("readers and a writer meet on any threads")
{
    Replaceable const state{std::vector<int>(100, 0)};
    std::thread writer([state] {
        for (int i = 1; i <= 200; ++i) state.replace(std::vector<int>(100, i));
    });
    int last = 0;
    while (last < 200) {
        auto const now = state.get();
        CHECK(now->front() == now->back());
        CHECK(now->front() >= last);
        last = now->front();
    }
    writer.join();
}
