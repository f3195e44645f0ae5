#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/rate_limiter.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Limiter = detail::RateLimiter<>;

/// The shares of n batches.
std::vector<std::int64_t> shares(double perSecond, Duration interval, int n)
{
    Limiter limit{perSecond, interval, ManualClock{}};
    std::vector<std::int64_t> all;
    for (int i = 0; i < n; ++i) {
        all.push_back(limit.share());
        limit.open();
    }
    return all;
}

using Shares = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("the share of a batch is what its interval allows; parts of a record are saved")
{
    CHECK(shares(100, 1s, 3) == Shares{100, 100, 100});
    CHECK(shares(100, 250ms, 2) == Shares{25, 25});
    CHECK(shares(10, 250ms, 4) == Shares{2, 3, 2, 3});
    CHECK(shares(1, 250ms, 8) == Shares{0, 0, 0, 1, 0, 0, 0, 1});
    CHECK(shares(10, 100ms, 20) == Shares(20, 1));
    CHECK(shares(0.5, 1s, 4) == Shares{0, 1, 0, 1});
    CHECK(shares(7, 10s, 2) == Shares{70, 70});
    CHECK(shares(1e300, 1s, 2)[1] > 1'000'000'000'000'000'000);
}

TEST_CASE("where a batch is longer than a second, its share is given out second by second of the clock")
{
    ManualClock const clock{Time{500ms}};
    Limiter limit{10, 3500ms, clock};
    CHECK(limit.share() == 35);
    CHECK(limit.shareByNow() == 10);
    clock.advance(999ms);
    CHECK(limit.shareByNow() == 10);
    clock.advance(1ms);
    CHECK(limit.shareByNow() == 20);
    clock.advance(2s);
    CHECK(limit.shareByNow() == 35);
    clock.advance(10s);
    CHECK(limit.shareByNow() == 35);
    limit.open();
    CHECK(limit.shareByNow() == 10);
}

TEST_CASE("who waits is woken by the next second, by the next batch, and by the end")
{
    ManualClock const clock;
    Limiter limit{10, 2s, clock};
    auto const meanwhile = [&](auto const& what) {
        auto const epoch = limit.epoch();
        auto const share = limit.shareByNow();
        std::thread waiter{[&] { limit.wait(epoch, share); }};
        what();
        waiter.join();
    };
    meanwhile([&] { clock.advance(1s); });
    CHECK(limit.shareByNow() == 20);
    meanwhile([&] { limit.open(); });
    CHECK(limit.shareByNow() == 10);
    for (int i = 0; i < 3; ++i) meanwhile([&] { limit.wake(); });
    CHECK(limit.shareByNow() == 10);
    meanwhile([&] { clock.advance(1s); });  // a wake is no end
    CHECK(limit.shareByNow() == 20);
    limit.open();
    meanwhile([&] { limit.close(); });
}

TEST_CASE("receiverMaxRate: no batch has more, from the first one on, and nothing is lost")
{
    for (auto const rate : {0.0, -1.0, 100.0, 5.0}) {
        CAPTURE(rate);
        testing::Harness harness{{.master = "inline", .receiverMaxRate = rate}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        std::vector<std::vector<int>> batches;
        numbers | foreachRDD([&](auto batch) { batches.push_back(std::move(batch) | collect()); });
        std::atomic<bool> all = false;
        std::thread writer{[&all, put = channel] {
            for (int i = 0; i < 250; ++i) put.push(i);
            all = true;
        }};
        bool const limited = rate > 0;
        auto const perBatch = limited ? std::min<std::int64_t>(static_cast<std::int64_t>(rate), 250) : 250;
        harness.awaitReceived(perBatch);  // before the start: they belong to the first batch
        harness.start();
        for (std::int64_t received = perBatch; received < 250;) {
            harness.advance(1s);
            received = std::min<std::int64_t>(received + perBatch, 250);
            harness.awaitReceived(received);
        }
        harness.advance(1s);
        writer.join();
        std::vector<int> records;
        for (auto const& batch : batches) {
            CHECK(batch.size() <= static_cast<std::size_t>(perBatch));
            records.insert(records.end(), batch.begin(), batch.end());
        }
        CHECK(batches.size() == static_cast<std::size_t>((250 + perBatch - 1) / perBatch));
        REQUIRE(records.size() == 250);
        CHECK(std::is_sorted(records.begin(), records.end()));
        CHECK(all);
    }
}

TEST_CASE("receiverMaxRate: a stop wakes who waits")
{
    testing::Harness harness{{.receiverMaxRate = 0.001}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD([](auto const&) {});
    harness.start();
    std::thread writer{[put = channel] { CHECK(!put.push(1)); }};
    harness.context().stop();
    writer.join();
}

TEST_CASE("receiverMaxRate: each input has its own")
{
    testing::Harness harness{{.receiverMaxRate = 2}};
    auto [putA, a] = channelStream<int>(harness.context());
    auto [putB, b] = channelStream<int>(harness.context());
    std::size_t seen = 0;
    a | foreachRDD([&](auto batch) { seen += (std::move(batch) | collect()).size(); });
    b | foreachRDD([&](auto batch) { seen += (std::move(batch) | collect()).size(); });
    harness.start();
    for (int i = 0; i < 2; ++i) {
        putA.push(i);
        putB.push(i);
    }
    harness.advance(1s);
    CHECK(seen == 4);
}
