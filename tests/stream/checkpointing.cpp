#include <sluice/operators.hpp>
#include <sluice/outputs.hpp>
#include <sluice/runtime.hpp>
#include <sluice/sources.hpp>
#include <sluice/stream/checkpointing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Notes what the engine says, and may refuse a batch.
struct Noting : detail::Checkpointing {
    std::string const& directory() const override { return where; }
    Grid start(detail::GraphCore&, Time zero) override
    {
        say("start");
        return next ? Grid{*next - 1s, *next} : Grid{zero, zero + 1s};
    }
    void begun(Time t) override { note("begun", t); }
    void awaitBegun(Time t) override
    {
        note("awaitBegun", t);
        if (t == refused) throw std::runtime_error{"the disk is full"};
    }
    void committed(Time t) override { note("committed", t); }
    void close() noexcept override { say("close"); }
    void stop() override { say("stop"); }
    void note(std::string what, Time t) { say(what + " " + t.toString()); }
    void say(std::string what)
    {
        std::lock_guard const lock{mutex};
        said.push_back(std::move(what));
    }

    std::mutex mutex;  // ticks and jobs speak

    std::string where = "a directory";
    std::optional<Time> next;
    Time refused{};
    std::vector<std::string> said;
};

std::vector<std::string> runBy(detail::Counted<Noting> const& keeper, Config config, int failing = 0, Duration begin = 2s)
{
    ManualClock clock{Time{begin}};
    config.clock = clock;
    if (!config.log) config.log = silent;
    StreamingContext ssc{std::move(config), 1s};
    ssc.core()->setCheckpointing(detail::Counted<detail::Checkpointing>{keeper}, {});
    constantStream(ssc, rdd({1})) | foreachRDD([&](auto, Time t) {
        keeper->note("output", t);
        if (t == Time{failing * 1s}) throw std::runtime_error{"fails"};
    });
    ssc.start();
    ssc.awaitBatches();
    clock.advance(2s);
    ssc.awaitBatches();
    ssc.stop();
    return keeper->said;
}

}  // namespace

TEST_CASE("what a batch has lasts before its outputs run, and it is done behind them; batches that were not done come first")
{
    using Said = std::vector<std::string>;
    auto const keeper = detail::makeCounted<Noting>();
    CHECK(runBy(keeper, {.master = "inline"}) == Said{"start", "begun 3000 ms", "awaitBegun 3000 ms", "output 3000 ms", "committed 3000 ms",
                                                      "begun 4000 ms", "awaitBegun 4000 ms", "output 4000 ms", "committed 4000 ms",
                                                      "stop"});
    auto const later = detail::makeCounted<Noting>();
    later->next = Time{1s};
    CHECK(runBy(later, {.master = "inline"}).size() == 2 + 4 * 4);
    CHECK(later->said[1] == "begun 1000 ms");
}

TEST_CASE("a batch that cannot be kept fails, and no output of it runs; what failed is done only where others follow")
{
    using Said = std::vector<std::string>;
    auto const skips = detail::makeCounted<Noting>();
    skips->refused = Time{3s};
    CHECK(runBy(skips, {.master = "inline", .onBatchFailure = proceed}) == Said{"start", "begun 3000 ms", "awaitBegun 3000 ms",
                                                                                "committed 3000 ms", "begun 4000 ms", "awaitBegun 4000 ms",
                                                                                "output 4000 ms", "committed 4000 ms", "stop"});
    auto const stops = detail::makeCounted<Noting>();
    auto const said = runBy(stops, {.master = "inline", .onBatchFailure = stop}, 3);
    CHECK(std::vector(said.begin(), said.begin() + 5) == Said{"start", "begun 3000 ms", "awaitBegun 3000 ms", "output 3000 ms", "close"});
    CHECK(said.back() == "stop");
}

TEST_CASE("batches of the time in which there was no process are not late: none stops the context, is left out, or told of")
{
    for (std::string const master : {"inline", "local[1]", "local[2]"}) {
        for (auto const catchUp : {CatchUp::all, CatchUp::latest}) {
            CAPTURE(master);
            auto const keeper = detail::makeCounted<Noting>();
            keeper->next = Time{1s};
            std::atomic<int> warnings = 0;
            auto const log = [&](LogEntry const& entry) { warnings += entry.level == LogLevel::info ? 0 : 1; };
            auto const said = runBy(keeper, {.master = master, .catchUp = catchUp, .maxSchedulingDelay = 3s, .log = log}, 0, 40s);
            for (int t = 1; t <= 42; ++t) {
                bool const left = catchUp == CatchUp::latest && t > 40;  // two ticks of the clock at once
                auto const committed = "committed " + std::to_string(t * 1000) + " ms";
                if (!left) CHECK(std::count(said.begin(), said.end(), committed) == 1);
            }
            CHECK(warnings == 0);
        }
    }
}
