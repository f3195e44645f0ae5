#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Counts = std::map<std::string, std::int64_t>;

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
