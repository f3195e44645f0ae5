#include <sluice/checkpoint/state_keeper.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

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

TEST_CASE("keys that no batch of a new version has touched are read by the version behind it, too")
{
    Temporary const folder;
    // Each life has another type of states, and other keys.
    auto const live = [&](auto zero, Time begin, std::vector<std::pair<std::string, std::int64_t>> rows) {
        using S = std::remove_cvref_t<decltype(zero)>;
        ManualClock clock{begin};
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, folder.path("x"));
        RDDQueue<std::pair<std::string, std::int64_t>> queue;
        queue.push(std::move(rows));
        auto const add = [](std::string_view, std::optional<std::int64_t> value, State<S>& state) {
            state.update(static_cast<S>(state.getOption().value_or(S{}) + static_cast<S>(*value)));
            return 0;
        };
        std::map<std::string, std::int64_t> states;
        queueStream(ssc, queue) | mapWithState(StateSpec{add}) | named("state") | checkpoint() | stateSnapshots() |
            foreachRDD([&](auto batch) {
                for (auto const& [key, state] : batch | collect()) states[key] = static_cast<std::int64_t>(state);
            });
        ssc.start();
        clock.advance(1s);
        ssc.stop();
        ssc.awaitTermination();
        return states;
    };
    using States = std::map<std::string, std::int64_t>;
    CHECK(live(std::int16_t{}, Time{0s}, {{"a", 1}, {"b", 2}}) == States{{"a", 1}, {"b", 2}});
    CHECK(live(std::int32_t{}, Time{1s}, {{"a", 10}}) == States{{"a", 11}, {"b", 2}});
    CHECK(live(std::int64_t{}, Time{2s}, {{"c", 5}}) == States{{"a", 11}, {"b", 2}, {"c", 5}});
    CHECK(live(std::int64_t{}, Time{3s}, {{"c", 5}}) == States{{"a", 11}, {"b", 2}, {"c", 10}});
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

namespace {

/// A state of so many batches of the same 500 keys, of which the last 100 are removed at the end, in four partitions: what the log says of
/// it, record by record, before the stop.
std::vector<std::string> logOf(std::string const& directory, std::string const& master, std::optional<Duration> interval, int batches)
{
    ManualClock clock{Time{}};
    StreamingContext ssc{{.master = master, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, directory, {.interval = interval});
    RDDQueue<std::pair<std::int64_t, std::int64_t>> queue;
    auto const f = [](std::int64_t key, std::optional<std::int64_t> value, State<std::int64_t>& state) {
        if (*value < 0 && key >= 400) state.remove();
        else state.update(state.getOption().value_or(0) + *value);
        return 0;
    };
    queueStream(ssc, queue) | mapWithState(StateSpec{f}.numPartitions(4)) | named("sums") | checkpoint() | foreachRDD([](auto const&) {});
    ssc.start();
    for (int i = 1; i <= batches; ++i) {
        std::vector<std::pair<std::int64_t, std::int64_t>> rows;
        for (std::int64_t key = 0; key < 500; ++key) rows.emplace_back(key, i == batches ? -1 : i);
        queue.push(std::move(rows));
        clock.advance(1s);
        ssc.awaitBatches();
    }
    ssc.stop();
    std::vector<std::string> records;
    detail::RecordReader file{directory + "/log-1"};
    while (file.next()) records.emplace_back(file.record());
    CHECK(file.damage().empty());
    return records;
}

struct Counts {
    int records = 0;  // of entries
    int put = 0;
    int removed = 0;
    bool operator==(Counts const&) const = default;
};

Counts countsOf(std::vector<std::string> const& records)
{
    Counts counts;
    for (auto const& record : records) {
        if (record[0] != static_cast<char>(detail::CheckpointRecord::entries)) continue;
        ++counts.records;
        BinaryReader reader{std::string_view{record}.substr(5)};
        detail::CheckpointEntries::each(
            reader, [&](std::string_view, std::optional<std::string_view> value) { ++(value ? counts.put : counts.removed); });
    }
    return counts;
}

}  // namespace

TEST_CASE("what several batches have changed is written once, with the batch in which the interval ends")
{
    Temporary const folder;
    // A batch each: the first with all keys, the last one without those that it removes.
    CHECK(countsOf(logOf(folder.path("each"), "inline", {}, 10)) == Counts{40, 4900, 100});
    CHECK(countsOf(logOf(folder.path("once"), "inline", 10s, 10)) == Counts{4, 400, 0});
    CHECK(countsOf(logOf(folder.path("twice"), "inline", 5s, 10)) == Counts{8, 900, 100});
    // The rest with the stop.
    CHECK(countsOf(logOf(folder.path("rest"), "inline", 8s, 10)) == Counts{8, 900, 100});
}

TEST_CASE("a checkpoint is the same bytes, whoever gathers it")
{
    Temporary const folder;
    for (std::optional<Duration> const interval : {std::optional<Duration>{}, std::optional<Duration>{4s}}) {
        auto const alone = logOf(folder.path("alone"), "inline", interval, 9);
        CHECK(logOf(folder.path("two"), "local[2]", interval, 9) == alone);
        CHECK(logOf(folder.path("four"), "local[4]", interval, 9) == alone);
        for (auto const* name : {"alone", "two", "four"}) io::removeTree(folder.path(name));
    }
}
