#include <sluice/operators.hpp>
#include <sluice/outputs.hpp>
#include <sluice/runtime.hpp>
#include <sluice/sources.hpp>
#include <sluice/stream/checkpointing.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Notes what the engine says, and may refuse a batch.
struct Noting : detail::Checkpointing {
    Grid start(detail::GraphCore&, Time zero) override
    {
        said.push_back("start");
        return next ? Grid{*next - 1s, *next} : Grid{zero, zero + 1s};
    }
    void begun(Time t) override { note("begun", t); }
    void awaitBegun(Time t) override
    {
        note("awaitBegun", t);
        if (t == refused) throw std::runtime_error{"the disk is full"};
    }
    void committed(Time t) override { note("committed", t); }
    void close() noexcept override { said.push_back("close"); }
    void stop() override { said.push_back("stop"); }
    void note(std::string what, Time t) { said.push_back(what + " " + t.toString()); }

    std::optional<Time> next;
    Time refused{};
    std::vector<std::string> said;
};

std::vector<std::string> runBy(detail::Counted<Noting> const& keeper, Config config, int failing = 0)
{
    ManualClock clock{Time{2s}};
    config.clock = clock;
    config.log = silent;
    StreamingContext ssc{std::move(config), 1s};
    ssc.core()->setCheckpointing(detail::Counted<detail::Checkpointing>{keeper}, {});
    constantStream(ssc, rdd({1})) | foreachRDD([&](auto, Time t) {
        keeper->note("output", t);
        if (t == Time{failing * 1s}) throw std::runtime_error{"fails"};
    });
    ssc.start();
    clock.advance(2s);
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
