#include <sluice/operators/fold.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/stop_on_scope_exit.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("nothing runs on when a scope is left between the start and the wait")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        testing::Harness harness{{.master = master, .log = silent}};
        auto& context = harness.context();
        std::string order;
        try {
            struct Local {
                std::string& order;
                std::atomic<bool> begun{false};
                ~Local() { order += "local"; }
            } local{order};
            receiverStream<int>(context, [&](std::stop_token stop, auto& store) {
                local.begun = true;
                local.begun.notify_all();
                while (!stop.stop_requested() && store(1)) {}
                order += "receiver ";
            }) | foreachRDD([](auto const&) {});
            StopOnScopeExit const stop{context};
            harness.start();
            local.begun.wait(false);
            throw std::runtime_error{"out"};
        } catch (std::runtime_error const&) {
        }
        CHECK(order == "receiver local");
        CHECK(context.getState() == ContextState::stopped);
    }
}

TEST_CASE("it may stop gracefully, and leaves alone what never started or has stopped")
{
    std::vector<std::string> told;
    testing::Harness harness{{.master = "local[1]", .log = [&](LogEntry const& entry) { told.push_back(entry.text); }}};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    int sum = 0;
    numbers | foreachRDD([&](auto batch) { sum += std::move(batch) | fold(0, std::plus{}); });
    {
        StopOnScopeExit const never{harness.context()};
    }
    CHECK(harness.context().getState() == ContextState::initialized);
    {
        StopOnScopeExit const again{harness.context()};
        StopOnScopeExit const stop{harness.context(), {.gracefully = true}};
        harness.start();
        channel.push(7);
    }
    CHECK(sum == 7);
    CHECK(harness.context().getState() == ContextState::stopped);
    CHECK(told.empty());
}

TEST_CASE("it stops the inputs of an IntervalClock before what they refer to goes")
{
    struct Source {
        int* stops;
        void stop() const { ++*stops; }
        auto batch(Time) { return rdd({1}); }
    };
    IntervalClock clock{1s};
    int stops = 0;
    {
        pullStream(clock, Source{&stops}) | foreachRDD([](auto const&) { throw std::runtime_error{"bad"}; });
        StopOnScopeExit const stop{clock};
        clock.poll(Time{0s});
        CHECK_THROWS_AS(clock.poll(Time{1s}), StreamError);
        CHECK(stops == 0);  // the next poll may go on
    }
    CHECK(stops == 1);
}
