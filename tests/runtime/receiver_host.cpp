#include <sluice/input/store_node.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/receiver_host.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// A receiver that stores a number in each run, and then ends as the test says.
struct Scripted final : detail::RecordNode<int>, detail::ReceiverTask {
    using detail::RecordNode<int>::RecordNode;

    detail::ReceiverTask* receiver() override { return this; }
    void run(std::stop_token stop, detail::ReceiverHostBase& host) override
    {
        store(++runs);
        switch (runs) {
            case 1: throw std::runtime_error{"first run"};
            case 2: return;
            case 3: host.reportError("a warning"); break;
            default: break;
        }
        std::atomic<bool> over = false;
        std::stop_callback const onStop{stop, [&over] {
                                            over = true;
                                            over.notify_one();
                                        }};
        over.wait(false);
    }
    std::atomic<int> runs = 0;
};

struct Journal : StreamingListener {
    std::atomic<int> errors = 0;
    std::vector<std::string> lines;
    std::vector<ReceiverInfo> infos;
    void onReceiverStarted(ReceiverStarted const& e) override { add("started", e.receiver); }
    void onReceiverStopped(ReceiverStopped const& e) override { add("stopped", e.receiver); }
    void onReceiverError(ReceiverError const& e) override
    {
        add("error " + e.receiver.lastErrorMessage, e.receiver);
        ++errors;
    }
    void add(std::string const& what, ReceiverInfo const& info)
    {
        lines.push_back(what);
        infos.push_back(info);
    }
};

}  // namespace

TEST_CASE("a receiver that ends is told of, and runs again after the delay")
{
    Journal journal;
    std::vector<std::string> threads;
    std::mutex mutex;
    testing::Harness harness{{.receiverRestartDelay = 2500ms, .onThreadStart = [&](std::string const& name) {
                                  std::scoped_lock const lock{mutex};
                                  threads.push_back(name);
                              }}};
    auto& context = harness.context();
    auto const node = detail::addInput<Scripted>(context, {"scripted", CallSite::here()});
    detail::streamOf(detail::SharedNode<Scripted>{node}) | foreachRDD([](auto const&) {});
    context.addStreamingListener(journal);
    harness.start();
    harness.awaitReceived(1);
    harness.await("the first report", [&] { return journal.errors == 1; });
    harness.advance(2400ms);
    CHECK(node->runs == 1);
    harness.advance(100ms);
    harness.awaitReceived(2);
    harness.await("the second report", [&] { return journal.errors == 2; });
    harness.advance(2500ms);
    harness.awaitReceived(3);
    harness.await("the third report", [&] { return journal.errors == 3; });
    context.stop();
    CHECK(node->runs == 3);

    CHECK(journal.lines == std::vector<std::string>{"started", "error restarting in 2500 ms: first run",
                                                    "error restarting in 2500 ms: the receiver ended", "error a warning", "stopped"});
    for (auto const& info : journal.infos) {
        CHECK(info.streamId == 0);
        CHECK(info.name == "scripted-0");
    }
    CHECK(journal.infos[0].active);
    CHECK(!journal.infos[0].lastErrorTime);
    CHECK(journal.infos[0].lastErrorMessage.empty());
    CHECK(journal.infos[0].lastError.empty());
    CHECK(journal.infos[1].active);
    CHECK(journal.infos[1].lastErrorTime == Time{0s});
    CHECK(journal.infos[1].lastError == "first run");  // the cause alone; where there is none, the message
    CHECK(journal.infos[2].lastError == "restarting in 2500 ms: the receiver ended");
    CHECK(journal.infos[3].lastError == "a warning");
    CHECK(journal.infos[2].lastErrorTime == Time{2500ms});
    CHECK(!journal.infos[4].active);
    CHECK(journal.infos[4].lastErrorMessage == "a warning");

    std::scoped_lock const lock{mutex};
    CHECK(std::find(threads.begin(), threads.end(), "sluice-recv-0") != threads.end());
}

TEST_CASE("each receiver has a thread of its own, also where there is one worker or none")
{
    for (auto const* const master : {"inline", "local[1]"}) {
        testing::Harness harness{{.master = master, .receiverRestartDelay = 1h}};
        for (int i = 0; i < 3; ++i) {
            auto const node = detail::addInput<Scripted>(harness.context(), {"scripted", CallSite::here()});
            CHECK(node->id == static_cast<std::size_t>(i));
            node->runs = 3;
            detail::streamOf(detail::SharedNode<Scripted>{node}) | foreachRDD([](auto const&) {});
        }
        harness.start();
        harness.awaitReceived(3);
        harness.advance(1s);
        harness.context().stop();
    }
}
