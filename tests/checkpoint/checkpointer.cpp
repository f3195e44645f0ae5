#include <sluice/checkpoint/checkpointer.hpp>
#include <sluice/sluice.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("states that are gone are refused, until they are dropped; new ones begin anew")
{
    Temporary const folder;
    auto const before = [](auto rows) {
        rows | updateStateByKey(addUp) | named("old") | checkpoint() | print(0);
        rows | mapWithState(StateSpec{countUp}) | named("both") | checkpoint() | print(0);
    };
    auto const after = [](auto rows) {
        rows | mapWithState(StateSpec{countUp}) | named("both") | checkpoint() | print(0);
        rows | updateStateByKey(addUp) | named("new") | checkpoint() | print(0);
    };
    CHECK(started(folder.path("x"), before) == "");
    CHECK(has(started(folder.path("x"), after), folder.path("x") + " knows \"old\", which the program does not have"));
    CHECK(started(folder.path("x"), after, 1s, {.drop = {"old"}}) == "");
    CHECK(started(folder.path("x"), after) == "");  // it is forgotten
}

TEST_CASE("the batch interval may change between batches, and its checkpoints' must fit it")
{
    Temporary const folder;
    auto const build = [](auto rows) { rows | updateStateByKey(addUp) | named("sums") | checkpoint() | print(0); };
    CHECK(started(folder.path("x"), build, 1s) == "");
    CHECK(started(folder.path("x"), build, 2s) == "");
    CHECK_THROWS_AS(started(folder.path("x"), build, 2s, {.interval = 3s}), InvalidArgument);
    CHECK_THROWS_AS(started(folder.path("x"), build, 2s, {.interval = 0s}), InvalidArgument);
    CHECK_THROWS_AS(started("", build), InvalidArgument);
}

TEST_CASE("a directory is one context's, and free when that has stopped")
{
    Temporary const folder;
    StreamingContext one{{.master = "inline", .log = silent}, 1s};
    checkpoint(one, folder.path("x"));
    CHECK_THROWS_AS(checkpoint(one, folder.path("y")), InvalidArgument);
    StreamingContext second{{.master = "inline", .log = silent}, 1s};
    auto const refused = [&](std::string const& directory) -> std::string {
        try {
            checkpoint(second, directory);
            return "";
        } catch (IllegalState const& error) {
            return error.what();
        } catch (StreamError const& error) {
            return error.what();
        }
    };
    // Whatever it is that the directory is not fit for, the call is named.
    for (auto const& [directory, why] :
         {std::pair{folder.path("x"), " is in use by this process already"}, std::pair{folder.path("x/lock"), ": Not a directory"}}) {
        auto const text = refused(directory);
        CHECK(text.starts_with("sluice::checkpoint ("));
        CHECK(has(text, "checkpointer.cpp:"));
        CHECK(has(text, directory + why));
    }
    one.stop();
    CHECK(refused(folder.path("x")) == "");
}

namespace {

/// A life with a state that adds up; what the log said.
class Sums {
public:
    explicit Sums(std::string const& directory, Time now, CheckpointOptions options = {})
        : clock_(now),
          ssc_({.master = "inline",
                .clock = clock_,
                .log =
                    [this](LogEntry const& entry) {
                        std::lock_guard const lock{mutex_};
                        said.push_back(entry.text);
                    }},
               1s)
    {
        if (!directory.empty()) checkpoint(ssc_, directory, std::move(options));
        queueStream(ssc_, queue_) | mapWithState(StateSpec{countUp}) | named("sums") | checkpoint() |
            foreachRDD([this](auto batch) { rows = batch | collect(); });
        ssc_.start();
    }
    void batch(std::string const& key, std::int64_t value)
    {
        queue_.push({{key, value}});
        clock_.advance(1s);
        ssc_.awaitBatches();
    }
    void stop() { ssc_.stop(); }
    [[nodiscard]] bool saysOf(std::string_view part) const
    {
        return std::any_of(said.begin(), said.end(), [&](auto const& text) { return has(text, part); });
    }

    std::vector<std::int64_t> rows;
    std::vector<std::string> said;

private:
    std::mutex mutex_;
    ManualClock clock_;
    RDDQueue<std::pair<std::string, std::int64_t>> queue_;
    StreamingContext ssc_;
};

}  // namespace

TEST_CASE("where the disk is full the batch fails, and no later one has effects; the next start goes on from what lasts")
{
    Temporary const folder;
    {
        Sums life{folder.path("x"), Time{}};
        life.batch("a", 1);
        life.batch("a", 10);
        life.batch("a", 0);  // so that the one before lasts
        CHECK(life.rows == std::vector<std::int64_t>{11});
        life.rows.clear();
        {
            FullDisk const full;
            life.batch("a", 100);
        }
        life.batch("a", 1000);
        CHECK(life.rows.empty());
        life.stop();  // that it failed was told with the batch
        CHECK(life.saysOf("File too large"));
    }
    Sums life{folder.path("x"), Time{5s}};
    CHECK(life.rows.empty());  // the batches from 3 s on had begun at most
    life.batch("a", 10000);
    CHECK(life.rows == std::vector<std::int64_t>{10011});
}

TEST_CASE("what is to be kept, and has no directory, is told")
{
    Temporary const folder;
    constexpr auto text = "it is not kept: there is no checkpoint(context, directory)";
    CHECK(Sums{"", Time{0s}}.saysOf(text));
    CHECK(!Sums{folder.path("x"), Time{0s}}.saysOf(text));
}

TEST_CASE("a clock that is behind the last batch is told, and no batch has a time twice")
{
    Temporary const folder;
    {
        Sums life{folder.path("x"), Time{60s}};
        life.batch("a", 1);
        life.stop();
        CHECK(!life.saysOf("clock"));
    }
    Sums life{folder.path("x"), Time{10s}};
    CHECK(life.saysOf("the clock is behind the last batch of " + folder.path("x") + ": the next one is at 62000 ms, "));
    life.batch("a", 10);
    CHECK(life.rows.empty());
}

TEST_CASE("what inputs know before the first batch lasts when start() returns")
{
    Temporary const folder;
    for (int i = 0; i < 8; ++i) {
        auto const directory = folder.path(std::to_string(i));
        Sums const life{directory, Time{5s}};
        detail::CheckpointReader const reader{directory, [](std::string const&) {}};
        REQUIRE(!reader.empty());
        CHECK(reader.last().time == Time{5s});
    }
}

namespace {

/// The numbers from 1 on, one in each batch.
struct Numbers {
    int next = 1;
    RDD<int> batch(Time) { return rdd(std::vector{next++}); }
    RDD<int> batch(Time t, std::string_view end)
    {
        next = decode<int>(end) - 1;
        return batch(t);
    }
    [[nodiscard]] std::string position() const { return encode(next); }
    void restore(std::string_view position) { next = decode<int>(position); }
};

}  // namespace

TEST_CASE("a batch that fails is the last one where there is a checkpoint, also without state, and the next start begins with it")
{
    Temporary const folder;
    std::vector<int> seen;
    std::vector<std::string> said;
    auto const live = [&](std::string const& name, Time begin, int bad, OnBatchFailure onBatchFailure) {
        seen.clear();
        said.clear();
        ManualClock clock{begin};
        StreamingContext ssc{{.master = "inline",
                              .onBatchFailure = onBatchFailure,
                              .clock = clock,
                              .log = [&](LogEntry const& entry) { said.push_back(entry.text); }},
                             1s};
        checkpoint(ssc, folder.path(name));
        pullStream(ssc, Numbers{}) | named("numbers") | foreachRDD([&](auto batch) {
            for (int const number : batch | collect()) {
                if (number == bad) throw std::runtime_error{"no room"};
                seen.push_back(number);
            }
        });
        ssc.start();
        clock.advance(3s);
        ssc.stop();
    };
    auto const says = [&](std::string_view part) {
        return std::count_if(said.begin(), said.end(), [&](auto const& text) { return has(text, part); });
    };
    live("x", Time{}, 2, {});
    CHECK(seen == std::vector{1});
    CHECK(says("the batch is left to the next start, with 1 records: it failed: ") == 1);
    CHECK(says("is skipped") == 0);
    live("x", Time{3s}, 0, {});
    CHECK(seen == std::vector{2, 3, 4, 5, 6});
    live("y", Time{}, 2, proceed);
    CHECK(seen == std::vector{1, 3});
    CHECK(says("the batch is skipped, with 1 records: it failed: ") == 1);
    CHECK(says("is left to") == 0);
    live("y", Time{3s}, 0, proceed);
    CHECK(seen == std::vector{4, 5, 6});
}

TEST_CASE("batches of a new interval are on its grid from the last one that was done, and each of them is committed")
{
    Temporary const folder;
    Time last;
    auto const live = [&](Time begin, Duration interval, int batches) {
        ManualClock clock{begin};
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, interval};
        checkpoint(ssc, folder.path("x"));
        std::vector<Time> times;
        queueStream(ssc, RDDQueue<int>{}) | foreachRDD([&](auto const&, Time t) {
            times.push_back(t);
            last = detail::CheckpointReader{folder.path("x"), [](std::string const&) {}}.last().time;  // what the batch before has left
        });
        ssc.start();
        for (int i = 0; i < batches; ++i) {
            clock.advance(interval);
            ssc.awaitBatches();
        }
        ssc.stop();
        return times;
    };
    CHECK(live(Time{}, 1s, 3) == std::vector{Time{1s}, Time{2s}, Time{3s}});
    CHECK(live(Time{3s}, 2s, 3) == std::vector{Time{5s}, Time{7s}, Time{9s}});
    CHECK(last == Time{7s});
}
