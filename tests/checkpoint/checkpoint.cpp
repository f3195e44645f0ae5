#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Counts = std::map<std::string, std::int64_t>;

constexpr auto countUp = [](std::string_view, std::optional<std::int64_t> by, State<std::int64_t>& count) {
    count.update(count.getOption().value_or(0) + by.value_or(0));
    return count.get();
};
constexpr auto addUp = [](std::vector<std::int64_t> const& values, std::optional<std::int64_t> total) -> std::optional<std::int64_t> {
    auto all = total.value_or(0);
    for (auto const value : values) all += value;
    if (all == 0) return std::nullopt;
    return all;
};

/// A process's life with a context, by a clock that the test moves; the states after each batch.
class Life {
public:
    using Row = std::pair<std::string, std::int64_t>;

    Life(std::string const& directory, Time now, std::string const& master = "inline", CheckpointOptions options = {})
        : clock_(now), ssc_({.master = master, .clock = clock_, .log = silent}, 1s)
    {
        checkpoint(ssc_, directory, std::move(options));
        auto rows = queueStream(ssc_, queue_);
        rows | mapWithState(StateSpec{countUp}) | named("counts") | checkpoint() | stateSnapshots() |
            foreachRDD([this](auto batch) { counts = as(batch | collect()); });
        rows | updateStateByKey(addUp) | named("sums") | checkpoint() | foreachRDD([this](auto batch) { sums = as(batch | collect()); });
        ssc_.start();
    }
    void batch(std::vector<Row> rows)
    {
        queue_.push(std::move(rows));
        clock_.advance(1s);
        ssc_.awaitBatches();
    }
    void stop() { ssc_.stop({.gracefully = true}); }

    Counts counts;
    Counts sums;

private:
    template <class Rows>
    static Counts as(Rows const& rows)
    {
        return Counts(rows.begin(), rows.end());
    }

    ManualClock clock_;
    RDDQueue<Row> queue_;
    StreamingContext ssc_;
};

}  // namespace

TEST_CASE("states go on where they were")
{
    for (std::string const master : {"inline", "local[2]"}) {
        Temporary const folder;
        auto const directory = folder.path("checkpoint");
        {
            Life life{directory, Time{}, master};
            life.batch({{"a", 1}, {"b", 2}});
            life.batch({{"a", 10}, {"c", 3}, {"b", -2}});
            life.stop();
            CHECK(life.counts == Counts{{"a", 11}, {"b", 0}, {"c", 3}});
            CHECK(life.sums == Counts{{"a", 11}, {"c", 3}});
        }
        {
            Life life{directory, Time{2s}, master};
            life.batch({{"a", 100}});
            CHECK(life.counts == Counts{{"a", 111}, {"b", 0}, {"c", 3}});
            CHECK(life.sums == Counts{{"a", 111}, {"c", 3}});
            life.batch({{"c", -3}});
            life.stop();
        }
        Life life{directory, Time{4s}, "local[3]"};  // with other partitions
        life.batch({{"d", 4}});
        CHECK(life.counts == Counts{{"a", 111}, {"b", 0}, {"c", 0}, {"d", 4}});
        CHECK(life.sums == Counts{{"a", 111}, {"d", 4}});
    }
}

namespace {

/// A context with a directory, whose graph `build` makes; what start throws, as text.
template <class Build>
std::string started(std::string const& directory, Build&& build, Duration interval = 1s, CheckpointOptions options = {})
{
    ManualClock clock;
    StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, interval};
    checkpoint(ssc, directory, std::move(options));
    RDDQueue<std::pair<std::string, std::int64_t>> queue;
    queue.push({{"a", 1}});
    build(queueStream(ssc, queue));
    try {
        ssc.start();
        clock.advance(interval);
        ssc.stop();
    } catch (std::exception const& error) {
        return error.what();
    }
    return "";
}
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what later batches need is kept and named, or refused with all that is not")
{
    Temporary const folder;
    auto const unkept = started(folder.path("a"), [](auto rows) {
        rows | mapWithState(StateSpec{countUp}) | named("one") | print();
        rows | updateStateByKey(addUp) | print();
        rows | mapWithState(StateSpec{countUp}) | named("kept") | checkpoint() | print();
        rows | map([](auto const& row) { return row.second; }) | reduceByWindow(std::plus{}, 2s) | print();
    });
    CHECK(has(unkept, "write `| named(\"…\") | checkpoint()` behind sluice::mapWithState \"one\" ("));
    CHECK(has(unkept, "), sluice::updateStateByKey ("));
    CHECK(has(unkept, "), sluice::reduceByWindow ("));
    CHECK(!has(unkept, "\"kept\""));
    auto const unnamed = started(folder.path("b"), [](auto rows) { rows | updateStateByKey(addUp) | checkpoint() | print(); });
    CHECK(has(unnamed, "write `| named(\"…\")` behind sluice::updateStateByKey ("));
    CHECK_THROWS_AS(started(folder.path("c"), [](auto rows) { rows | updateStateByKey(addUp) | checkpoint() | checkpoint() | print(); }),
                    InvalidArgument);
}

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

TEST_CASE("a state of another type is read where that can be, and refused by its name where it cannot")
{
    Temporary const folder;
    auto const with = [](auto zero) {
        static_cast<void>(zero);
        return [](auto rows) {
            using S = std::remove_cvref_t<decltype(zero)>;
            auto const keep = [](std::string_view, std::optional<std::int64_t>, State<S>& state) {
                state.update(state.getOption().value_or(S{}));
                return 0;
            };
            rows | mapWithState(StateSpec{keep}) | named("state") | checkpoint() | print(0);
        };
    };
    CHECK(started(folder.path("x"), with(std::int32_t{})) == "");
    CHECK(started(folder.path("x"), with(std::int64_t{})) == "");
    CHECK(started(folder.path("x"), with(std::optional<std::int64_t>{})) == "");
    auto const refused = started(folder.path("x"), with(std::string{}));
    CHECK(has(refused, "sluice::mapWithState \"state\" ("));
    CHECK(has(refused, "what " + folder.path("x") + " has of it cannot be used: "));
    CHECK(started(folder.path("x"), with(std::optional<std::int64_t>{})) == "");  // nothing was lost
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
    CHECK_THROWS_AS(checkpoint(second, folder.path("x")), IllegalState);
    one.stop();
    checkpoint(second, folder.path("x"));
}

TEST_CASE("time-outs go on from the last touch, in the process before")
{
    Temporary const folder;
    auto const run = [&](Time begin, int batches, bool touch) {
        ManualClock clock{begin};
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, folder.path("x"));
        RDDQueue<std::pair<std::string, std::int64_t>> queue;
        if (touch) queue.push({{"a", 1}});
        std::vector<std::int64_t> gone;
        auto const f = [](Time t, std::string_view, std::optional<std::int64_t> value,
                          State<std::int64_t>& state) -> std::optional<std::int64_t> {
            if (state.isTimingOut()) return t.milliseconds();
            state.update(*value);
            return std::nullopt;
        };
        queueStream(ssc, queue) | mapWithState(StateSpec{f}.timeout(5s)) | named("s") | checkpoint() | foreachRDD([&](auto batch) {
            for (auto const t : batch | collect()) gone.push_back(t);
        });
        ssc.start();
        clock.advance(batches * 1s);
        ssc.stop();
        return gone;
    };
    CHECK(run(Time{0s}, 3, true).empty());  // touched at 1 s
    CHECK(run(Time{3s}, 3, false).empty());
    CHECK(run(Time{6s}, 3, false) == std::vector<std::int64_t>{7000});
    CHECK(run(Time{9s}, 9, false).empty());
}
