#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Calls = std::vector<std::string>;

/// Notes what it is told, and throws in one of the steps of one batch, so often.
struct Noting : TransactionalSink {
    Noting(Calls& all, std::string own) : calls(all), name(std::move(own)) {}

    void prepare(Time t) override { note("prepare", t); }
    void commit(Time t) override
    {
        note("commit", t);
        if (t > last) last = t;
    }
    void abort(Time t) override { note("abort", t); }

    void note(std::string const& step, Time t)
    {
        auto const what = step + ' ' + name + ' ' + std::to_string(t.milliseconds() / 1000);
        calls.push_back(what);
        if (what == throwsIn && times-- > 0) throw std::runtime_error{"no"};
    }

    Calls& calls;
    std::string name;
    std::string throwsIn;
    int times = 1;
    Time last{};
};

struct Options {
    std::string directory{};
    int begin = 0;
    int batches = 2;
    std::string throwsIn{};  // of either sink, or "job 2"
    int times = 1;
    OnBatchFailure onBatchFailure{};
    std::string master = "inline";
    std::size_t concurrentJobs = 1;
};
struct Life {
    Calls calls;
    Calls warnings;
    std::string failure;
};

Life live(Options options)
{
    Life life;
    std::mutex mutex;
    Noting a{life.calls, "a"};
    Noting b{life.calls, "b"};
    for (auto* const sink : {&a, &b}) {
        sink->throwsIn = options.throwsIn;
        sink->times = options.times;
    }
    ManualClock clock{Time{std::chrono::seconds{options.begin}}};
    StreamingContext ssc{{.master = options.master,
                          .concurrentJobs = options.concurrentJobs,
                          .onBatchFailure = options.onBatchFailure,
                          .clock = clock,
                          .log =
                              [&](LogEntry const& entry) {
                                  std::lock_guard const lock{mutex};
                                  if (entry.level != LogLevel::info) life.warnings.push_back(entry.text);
                              }},
                         1s};
    if (!options.directory.empty()) checkpoint(ssc, options.directory);
    auto const numbers = constantStream(ssc, rdd({1, 2, 3}));
    commitWith(ssc, a);
    numbers | foreachRDD([&](auto const&, Time t) {
        std::lock_guard const lock{mutex};
        life.calls.push_back("job " + std::to_string(t.milliseconds() / 1000));
        if (life.calls.back() == options.throwsIn && options.times-- > 0) throw std::runtime_error{"no"};
    });
    commitWith(ssc, b);
    numbers | foreachRDD([](auto const&) {});
    ssc.start();
    for (int i = 0; i < options.batches; ++i) {
        clock.advance(1s);
        ssc.awaitBatches();
    }
    ssc.stop();
    try {
        ssc.awaitTermination();
    } catch (StreamError const& error) {
        life.failure = error.what();
    }
    return life;
}

}  // namespace

TEST_CASE("sinks prepare a batch whose outputs have run, and then commit it")
{
    Calls const expected{"job 1", "prepare a 1", "prepare b 1", "commit a 1", "commit b 1",
                         "job 2", "prepare a 2", "prepare b 2", "commit a 2", "commit b 2"};
    CHECK(live({}).calls == expected);
    CHECK(live({.master = "local[2]"}).calls == expected);
    CHECK(live({.master = "local[2]", .concurrentJobs = 2}).calls == expected);
}

TEST_CASE("a batch whose output fails is aborted, and ends the context unless that is to proceed")
{
    auto const stopped = live({.throwsIn = "job 1"});
    CHECK(stopped.calls == Calls{"job 1", "abort a 1", "abort b 1"});
    CHECK(stopped.failure.find("sluice::foreachRDD") == 0);
    auto const skipped = live({.throwsIn = "job 1", .onBatchFailure = proceed});
    CHECK(skipped.calls == Calls{"job 1", "abort a 1", "abort b 1", "job 2", "prepare a 2", "prepare b 2", "commit a 2", "commit b 2"});
    auto const again = live({.batches = 1, .throwsIn = "job 1", .onBatchFailure = retry(1)});
    CHECK(again.calls == Calls{"job 1", "job 1", "prepare a 1", "prepare b 1", "commit a 1", "commit b 1"});
    CHECK(again.failure.empty());
}

TEST_CASE("a sink that cannot prepare refuses the batch for all, and is asked again where that is allowed")
{
    for (std::size_t const jobs : {1U, 2U}) {
        auto const life = live({.throwsIn = "prepare b 1", .master = "local[2]", .concurrentJobs = jobs});
        CHECK(life.calls == Calls{"job 1", "prepare a 1", "prepare b 1", "abort a 1", "abort b 1"});
        CHECK(life.failure.find("sluice::commitWith (") == 0);
        CHECK(life.failure.find("batch 1000 ms: no") != std::string::npos);
    }
    auto const again = live({.batches = 1, .throwsIn = "prepare b 1", .onBatchFailure = retry(2)});
    CHECK(again.calls == Calls{"job 1", "prepare a 1", "prepare b 1", "prepare b 1", "commit a 1", "commit b 1"});
    CHECK(again.failure.empty());
    CHECK(again.warnings.size() == 1);
    CHECK(again.warnings[0].find("it is tried again: ") == 0);
}

TEST_CASE("where one sink has committed none is aborted, and the batch runs again in the next process")
{
    Temporary const folder;
    auto const life = live({.directory = folder.path("x"), .throwsIn = "commit a 2"});
    CHECK(life.calls == Calls{"job 1", "prepare a 1", "prepare b 1", "commit a 1", "commit b 1", "job 2", "prepare a 2", "prepare b 2",
                              "commit a 2", "commit b 2"});
    CHECK(life.failure.find("sluice::commitWith (") == 0);
    auto const next = live({.directory = folder.path("x"), .begin = 2, .batches = 1});
    CHECK(next.calls == Calls{"job 2", "prepare a 2", "prepare b 2", "commit a 2", "commit b 2", "job 3", "prepare a 3", "prepare b 3",
                              "commit a 3", "commit b 3"});
    auto const done = live({.directory = folder.path("x"), .begin = 3, .batches = 1});
    CHECK(done.calls.front() == "job 4");
}

TEST_CASE("what an abort throws is logged, and the others are told all the same")
{
    Calls calls;
    Noting a{calls, "a"};
    Noting b{calls, "b"};
    a.throwsIn = "abort a 1";
    Calls said;
    ManualClock clock;
    StreamingContext ssc{{.master = "inline", .clock = clock, .log = [&](LogEntry const& entry) { said.push_back(entry.text); }}, 1s};
    commitWith(ssc, a);
    commitWith(ssc, b);
    constantStream(ssc, rdd({1})) | foreachRDD([](auto const&) { throw std::runtime_error{"fails"}; });
    ssc.start();
    clock.advance(1s);
    CHECK(calls == Calls{"abort a 1", "abort b 1"});
    CHECK(std::count(said.begin(), said.end(), "abort: no") == 1);
    CHECK_THROWS_AS(commitWith(ssc, a), IllegalState);
    ssc.stop();
}
