#include <sluice/runtime/interval_clock.hpp>

#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/channel_stream.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

template <class F>
std::string textOf(F const& f)
{
    try {
        f();
    } catch (std::exception const& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("poll runs what is due, and answers when the next batch is")
{
    IntervalClock clock{1s};
    auto [channel, numbers] = channelStream<int>(clock);
    std::vector<Time> times;
    std::vector<int> seen;
    numbers | foreachRDD([&](auto batch, Time t) {
        times.push_back(t);
        for (int const x : batch | collect()) seen.push_back(x);
    });
    CHECK(clock.poll(Time{1500ms}) == Time{2s});
    CHECK(times.empty());
    channel.push(1);
    CHECK(clock.poll(Time{1999ms}) == Time{2s});
    CHECK(clock.poll(Time{2s}) == Time{3s});
    CHECK(seen == std::vector{1});
    channel.push(2);
    channel.push(3);
    CHECK(clock.poll(Time{5500ms}) == Time{6s});
    CHECK(times == std::vector<Time>{Time{2s}, Time{3s}, Time{4s}, Time{5s}});
    CHECK(seen == std::vector{1, 2, 3});
    CHECK(clock.poll(Time{1s}) == Time{6s});
}

TEST_CASE("a clock without outputs, or without length, is refused")
{
    CHECK_THROWS_AS(IntervalClock{0s}, InvalidArgument);
    IntervalClock clock{1s};
    auto [channel, numbers] = channelStream<int>(clock);
    CHECK_THROWS_AS(clock.poll(Time{0s}), InvalidArgument);
    numbers | foreachRDD([](auto const&) {});  // it has not begun
    CHECK(clock.poll(Time{0s}) == Time{1s});
    CHECK_THROWS_AS(static_cast<void>(channelStream<int>(clock)), IllegalState);
}

TEST_CASE("what an output throws leaves poll when the others have run, and the next batch is run by the next poll")
{
    IntervalClock clock{1s};
    auto [channel, numbers] = channelStream<int>(clock);
    std::string order;
    numbers | map([](int x) { return x == 1 ? throw std::runtime_error{"one"} : x; }) | foreachRDD([&](auto batch) {
        order += 'a';
        static_cast<void>(batch | collect());
        order += 'A';
    });
    numbers | foreachRDD([&](auto const&) { order += 'b'; });
    clock.poll(Time{0s});
    channel.push(1);
    auto const text = textOf([&] { clock.poll(Time{2s}); });
    CHECK(text.find("sluice::map (") == 0);
    CHECK(text.find("batch 1000 ms, partition 0: one") != std::string::npos);
    CHECK(order == "ab");
    channel.push(2);
    CHECK(clock.poll(Time{2s}) == Time{3s});
    CHECK(order == "abaAb");
}

TEST_CASE("a store that outlives its clock takes nothing more")
{
    std::optional<detail::ChannelStream<int>> source;
    {
        IntervalClock clock{1s};
        source.emplace(channelStream<int>(clock));
        source->stream | foreachRDD([](auto const&) {});
        CHECK(source->channel.push(1));
    }
    CHECK(!source->channel.push(2));
    CHECK_THROWS_AS(source->stream | foreachRDD([](auto const&) {}), IllegalState);
}
