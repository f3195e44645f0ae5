#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/slice.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/socket_text_stream.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
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
    CHECK_THROWS_WITH_AS(IntervalClock{0s}, "sluice::IntervalClock: the batch interval must be positive, got 0 ms", InvalidArgument);
    IntervalClock clock{1s};
    auto [channel, numbers] = channelStream<int>(clock);
    CHECK_THROWS_WITH_AS(clock.poll(Time{0s}), doctest::Contains("sluice::IntervalClock::poll(now): no output is registered"),
                         InvalidArgument);
    numbers | foreachRDD([](auto const&) {});  // it has not begun
    CHECK(clock.poll(Time{0s}) == Time{1s});
    CHECK_THROWS_WITH_AS(
        static_cast<void>(channelStream<int>(clock)),
        doctest::Contains("the IntervalClock has been started: inputs, transformations and outputs are added before poll(now)"),
        IllegalState);
}

TEST_CASE("its errors carry its own name")
{
    std::optional<decltype(channelStream<int>(std::declval<Graph const&>()).stream)> left;
    {
        IntervalClock clock{1s};
        auto const numbers = channelStream<int>(clock).stream;
        left.emplace(numbers);
        CHECK_THROWS_WITH_AS(static_cast<void>(slice(numbers, Time{1s}, Time{1s})),
                             doctest::Contains("the IntervalClock has not been started"), StreamError);
        numbers | foreachRDD([](auto const&) {});
        clock.poll(Time{0s});
        clock.stop();
        CHECK_THROWS_WITH_AS(numbers | foreachRDD([](auto const&) {}), doctest::Contains("the IntervalClock has been stopped"),
                             IllegalState);
        CHECK_THROWS_WITH_AS(clock.poll(Time{1s}), "sluice::IntervalClock::poll: it has been stopped", IllegalState);
    }
    CHECK_THROWS_WITH_AS(*left | foreachRDD([](auto const&) {}), doctest::Contains("the IntervalClock of this stream no longer exists"),
                         IllegalState);
    CHECK_THROWS_WITH_AS(static_cast<void>(slice(*left, Time{1s}, Time{1s})),
                         doctest::Contains("the IntervalClock of this stream no longer exists"), IllegalState);
}

TEST_CASE("stop() stops the inputs, once, before what they refer to goes")
{
    struct Source {
        int* stops;
        void stop() { ++*stops; }
        auto batch(Time) { return rdd({1}); }
    };
    IntervalClock clock{1s};
    int stops = 0;
    pullStream(clock, Source{&stops}) | foreachRDD([](auto const&) {});
    auto const [channel, numbers] = channelStream<int>(clock);
    clock.poll(Time{0s});
    clock.stop();
    CHECK(stops == 1);
    clock.stop();
    CHECK(stops == 1);
    CHECK(!channel.push(1));
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

TEST_CASE("a receiver, which needs a thread, is refused at the first poll, and nothing has been started")
{
    struct Watched {
        bool* started;
        void start() { *started = true; }
        auto batch(Time) { return rdd({1}); }
    };
    bool started = false;
    IntervalClock clock{1s};
    pullStream(clock, Watched{&started}) | foreachRDD([](auto const&) {});
    socketTextStream(clock, "localhost", 9) | foreachRDD([](auto const&) {});
    auto const text = textOf([&] { clock.poll(Time{0s}); });
    CHECK(text.find("sluice::socketTextStream (") == 0);
    CHECK(text.find("an IntervalClock has no thread to run a receiver") != std::string::npos);
    CHECK(!started);
}

TEST_CASE("inputs are started by the first poll, which may be repeated where one fails, and stopped with the clock")
{
    struct Fails {
        std::string* calls;
        char name;
        int* failures;
        void start()
        {
            *calls += name;
            if (name == 'b' && (*failures)-- > 0) throw std::runtime_error{"not yet"};
        }
        void stop() { *calls += static_cast<char>(name - 'a' + 'A'); }
        auto batch(Time) { return rdd({1}); }
    };
    std::string calls;
    int failures = 1;
    int batches = 0;
    {
        IntervalClock clock{1s};
        for (char const name : {'a', 'b', 'c'})
            pullStream(clock, Fails{&calls, name, &failures}) | foreachRDD([&](auto const&) { ++batches; });
        CHECK_THROWS_AS(clock.poll(Time{0s}), StreamError);
        CHECK(calls == "abA");  // the one that failed to start was not started
        CHECK(clock.poll(Time{10s}) == Time{11s});
        CHECK(clock.poll(Time{11s}) == Time{12s});
        CHECK(batches == 3);
        CHECK(calls == "abAabc");
    }
    CHECK(calls == "abAabcABC");
}
