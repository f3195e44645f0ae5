#include <sluice/operators/collect.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <mutex>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// What user code throws as text, and not as an exception, reaches whoever is told of it.

namespace {

struct Told {
    std::mutex mutex;
    std::string all;

    Config config(OnBatchFailure onBatchFailure = proceed)
    {
        Config made;
        made.master = "inline";
        made.onBatchFailure = onBatchFailure;
        made.log = [this](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            all += entry.text + '\n';
        };
        return made;
    }
    [[nodiscard]] bool has(std::string const& text)
    {
        std::lock_guard const lock{mutex};
        return all.find(text) != std::string::npos;
    }
};

struct TextThrower final : StreamingListener {
    void onBatchCompleted(BatchCompleted const&) override { throw "a listener's text"; }  // NOLINT
};

}  // namespace

TEST_CASE("text that a function or an output throws is in the batch's error")
{
    Told told;
    testing::Harness harness{told.config()};
    RDDQueue<int> queue;
    DStream<int> const numbers = queueStream(harness.context(), queue);
    numbers | map([](int x) { return x == 1 ? throw std::string{"text of a map"} : x; }) |
        foreachRDD([](auto batch) { batch | foreach ([](int) {}); });
    numbers | foreachRDD([](auto const&) { throw "text of an output"; });  // NOLINT
    queue.push({1});
    TextThrower listener;
    harness.context().addStreamingListener(listener);
    harness.start();
    harness.advance(1s);
    CHECK_THROWS_WITH_AS(harness.context().awaitTermination(), doctest::Contains("text of a map"), StreamError);
    harness.context().stop();
    CHECK(told.has("text of a map"));
    CHECK(told.has("text of an output"));
    CHECK(told.has("a listener threw: a listener's text"));
}

TEST_CASE("text that a receiver or a source throws is told")
{
    Told told;
    testing::Harness harness{told.config()};
    receiverStream<int>(harness.context(), [](std::stop_token, auto&) { throw "text of a receiver"; }) |
        foreachRDD([](auto const&) {});  // NOLINT
    harness.start();
    harness.await("the receiver's error", [&] { return told.has("text of a receiver"); });
    harness.context().stop();
}

TEST_CASE("text that is thrown for a record is in its dead letter")
{
    Told told;
    testing::Harness harness{told.config()};
    RDDQueue<int> queue;
    auto [letters, failed] = deadLetters<int>(harness.context());
    std::string error;
    queueStream(harness.context(), queue) | map([](int x) { return x == 1 ? throw "text for a record" : x; }, letters) |  // NOLINT
        foreachRDD([](auto batch) { batch | foreach ([](int) {}); });
    failed | foreachRDD([&](auto batch) {
        for (auto const& letter : batch | collect()) error += letter.error;
    });
    queue.push({1});
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    CHECK(error == "text for a record");
}
