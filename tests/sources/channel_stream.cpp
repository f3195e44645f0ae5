#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// A context whose one stream is stored into, and the last batch of it.
template <class T>
struct Program {
    testing::Harness harness;
    detail::ChannelStream<T> source;
    std::vector<T> last;
    std::size_t partitions = 0;

    explicit Program(Config config = {}) : harness(std::move(config)), source(channelStream<T>(harness.context()))
    {
        source.stream | foreachRDD([this](auto batch) {
            partitions = batch.numPartitions();
            last = batch | collect();
        });
        harness.start();
    }
};

}  // namespace

TEST_CASE("what is pushed before a tick belongs to its batch")
{
    Program<std::string> p;
    CHECK(p.source.channel.push("to"));
    CHECK(p.source.channel.push("be"));
    p.harness.advance(1s);
    CHECK(p.last == std::vector<std::string>{"to", "be"});
    CHECK(p.partitions == 2);
    p.harness.advance(1s);
    CHECK(p.last.empty());
    CHECK(p.partitions == 2);
    CHECK(p.source.channel.push("or"));
    p.harness.advance(2s);
    CHECK(p.last.empty());
}

TEST_CASE("what is pushed before the start belongs to the first batch")
{
    testing::Harness harness;
    auto source = channelStream<int>(harness.context());
    std::vector<int> first;
    source.stream | foreachRDD([&](auto batch, Time t) {
        if (t == Time{1s}) first = batch | collect();
    });
    CHECK(source.channel.push(1));
    harness.start();
    harness.advance(2s);
    CHECK(first == std::vector{1});
}

TEST_CASE("many threads push, each in its order")
{
    Program<std::pair<int, int>> p{{.master = "local[3]"}};
    constexpr int each = 3000;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([channel = p.source.channel, t] {
            for (int i = 0; i < each; ++i) channel.push(std::pair{t, i});
        });
    }
    int next[3] = {};
    int wrong = 0;
    int all = 0;
    while (all < 3 * each) {
        p.harness.awaitReceived(all + 1);
        p.harness.advance(1s);
        for (auto const& [t, i] : p.last) {
            if (next[t]++ != i) ++wrong;
            ++all;
        }
    }
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
}

TEST_CASE("push waits at the bound, and is woken by a batch that is done or by the stop")
{
    Program<int> p{{.maxReceivedBytes = 10 * sizeof(int)}};
    std::atomic<int> stored = 0;
    std::atomic<bool> ended = false;
    std::thread sender{[&, channel = p.source.channel] {
        while (channel.push(1)) ++stored;
        ended = true;
    }};
    p.harness.awaitReceived(10);
    CHECK(stored <= 10);
    p.harness.advance(1s);
    CHECK(p.last.size() == 10);
    p.harness.awaitReceived(20);
    p.harness.advance(1s);
    CHECK(p.last.size() == 10);
    p.harness.awaitReceived(30);
    CHECK(!ended);
    p.harness.context().stop();
    sender.join();
    CHECK(stored == 30);
}

TEST_CASE("tryPush does not wait: it answers whether there was room")
{
    Program<std::string> p{{.maxReceivedBytes = 2 * sizeof(std::string)}};
    auto const& channel = p.source.channel;
    CHECK(channel.tryPush("a"));
    std::string const big(sizeof(std::string), 'b');
    CHECK(!channel.tryPush(big));
    std::string kept(sizeof(std::string), 'c');
    CHECK(!channel.tryPush(std::move(kept)));
    CHECK(kept.size() == sizeof(std::string));
    p.harness.advance(1s);
    CHECK(p.last == std::vector<std::string>{"a"});
    CHECK(channel.tryPush(std::move(kept)));
    p.harness.context().stop();
    CHECK(!channel.tryPush("d"));
}

TEST_CASE("a channel that is closed takes nothing; what was pushed before is in the next batch")
{
    Program<int> p{{.maxReceivedBytes = 2 * sizeof(int)}};
    auto const& channel = p.source.channel;
    CHECK(channel.push(1));
    CHECK(channel.push(2));
    std::thread sender{[&] { CHECK(!channel.push(3)); }};  // waits, or comes too late
    channel.close();
    sender.join();
    CHECK(!channel.tryPush(4));
    p.harness.advance(1s);
    CHECK(p.last == std::vector{1, 2});
    CHECK(!channel.push(5));
    p.harness.advance(1s);
    CHECK(p.last.empty());
    channel.close();
}

TEST_CASE("records may be move-only")
{
    testing::Harness harness;
    auto source = channelStream<std::unique_ptr<int>>(harness.context());
    std::int64_t seen = 0;
    source.stream | foreachRDD([&](auto batch) { seen += batch | count(); });
    harness.start();
    CHECK(source.channel.push(std::make_unique<int>(1)));
    CHECK(source.channel.tryPush(std::make_unique<int>(2)));
    harness.advance(1s);
    CHECK(seen == 2);
}

TEST_CASE("a record above the bound passes when it is alone")
{
    Program<std::string> p{{.maxReceivedBytes = 64}};
    std::thread sender{[channel = p.source.channel] {
        channel.push(std::string(1000, 'a'));
        channel.push(std::string(2000, 'b'));
    }};
    p.harness.awaitReceived(1);
    p.harness.advance(1s);
    CHECK(p.last == std::vector{std::string(1000, 'a')});
    p.harness.awaitReceived(2);
    p.harness.advance(1s);
    CHECK(p.last == std::vector{std::string(2000, 'b')});
    sender.join();
}

TEST_CASE("nothing is pushed into a context that never started and was stopped")
{
    testing::Harness harness;
    auto source = channelStream<int>(harness.context());
    CHECK(source.channel.push(1));
    harness.context().stop();
    CHECK(!source.channel.push(2));
}

TEST_CASE("records are gone when their batch is done")
{
    testing::Harness harness{{.master = "local[2]"}};
    auto source = channelStream<std::shared_ptr<int>>(harness.context());
    long during = 0;
    auto const value = std::make_shared<int>(1);
    source.stream | foreachRDD([&](auto const&) { during = value.use_count(); });
    harness.start();
    source.channel.push(value);
    harness.advance(1s);
    CHECK(during == 2);
    CHECK(value.use_count() == 1);
}

TEST_CASE("a batch that is kept stays whole, and can be run after its context is gone")
{
    std::vector<RDD<int>> kept;
    {
        testing::Harness harness{{.master = "local[3]"}};
        auto source = channelStream<int>(harness.context());
        source.stream | foreachRDD([&](auto batch) { kept.push_back(batch); });
        harness.start();
        for (int second = 0; second < 5; ++second) {
            for (int i = 0; i < 4; ++i) source.channel.push(10 * second + i);
            harness.advance(1s);
            CHECK((kept.back() | collect()).size() == 4);
        }
        CHECK((kept[1] | collect()) == std::vector{10, 11, 12, 13});
    }
    REQUIRE(kept.size() == 5);
    for (int second = 0; second < 5; ++second) {
        auto const& batch = kept[static_cast<std::size_t>(second)];
        CHECK(batch.numPartitions() == 3);
        CHECK((batch | collect()) == std::vector{10 * second, 10 * second + 1, 10 * second + 2, 10 * second + 3});
    }
}

TEST_CASE("what was pushed to a channel before it was closed is processed by a graceful stop")
{
    testing::Harness harness{{.master = "local[2]", .defaultParallelism = 1}};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    std::vector<int> seen;
    numbers | foreachRDD([&](auto batch) {
        for (int const x : batch | collect()) seen.push_back(x);
    });
    harness.start();
    for (int i = 0; i < 3; ++i) channel.push(i);
    channel.close();
    CHECK(!channel.push(3));
    harness.context().stop({.gracefully = true, .deadline = harness.patience});
    CHECK(seen == std::vector{0, 1, 2});
}
