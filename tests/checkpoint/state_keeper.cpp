#include <sluice/checkpoint/state_keeper.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

using namespace sluice;
using namespace std::literals;

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

namespace {

/// Keeps entries as a log with one value for each key does, which several contexts may share: what each batch has changed of the keys that are
/// this context's own.
struct Divided final : detail::Checkpointing, detail::CheckpointSink, detail::CheckpointedKeys {
    using Entries = std::map<std::string, std::string>;

    Divided(Entries& all, StreamingContext& ssc) : entries(all), graph(*ssc.core()) {}

    [[nodiscard]] std::string const& directory() const override { return none; }
    Grid start(detail::GraphCore&, Time zero) override
    {
        part = graph.checkpointed()[0].get();
        open(part->valueSchema());
        part->loaded();
        return {zero, zero + graph.interval()};
    }
    void begun(Time) override {}
    void awaitBegun(Time) override {}
    void committed(Time) override { part->saveChanges(*this); }
    void close() noexcept override {}
    void stop() override {}

    void put(std::string_view key, std::string_view value) override
    {
        entries[std::string{key}] = value;
        ++told;
    }
    void remove(std::string_view key) override
    {
        entries.erase(std::string{key});
        ++told;
    }
    void reset() override { FAIL("there is no reset of what others share"); }
    void take(detail::CheckpointEntries&&) override { FAIL("they are given one after another"); }

    void open(std::string const& valueSchema) { part->open(graph.zero(), part->keySchema(), valueSchema); }

    /// The keys whose last byte has this bit go, or come.
    [[nodiscard]] bool include(std::string_view key) const override { return (key.back() & 1) == bit; }
    void lose(int which)
    {
        detail::GraphCore::Turn const turn{graph};
        bit = which;
        part->forget(*this);
    }
    void gain(int which)
    {
        detail::GraphCore::Turn const turn{graph};
        bit = which;
        open(part->valueSchema());
        for (auto const& [key, value] : entries) {
            if (include(key)) part->load(key, value);
        }
        part->loaded();
    }

    Entries& entries;
    detail::GraphCore& graph;
    detail::CheckpointedPart* part = nullptr;
    std::string none;
    int bit = 0;
    int told = 0;
};

/// A context with one state, which is kept so.
template <class Op>
struct Divides {
    Divides(Divided::Entries& entries, Op const& op, char const* master = "inline")
        : ssc{{.master = master, .clock = clock, .exclusive = false, .log = silent}, 1s}, keeper(detail::makeCounted<Divided>(entries, ssc))
    {
        ssc.core()->setCheckpointing(detail::Counted<detail::Checkpointing>{keeper}, {"test", CallSite::here()});
        op(queueStream(ssc, queue));
    }
    ~Divides() { ssc.stop(); }

    void batch(std::vector<std::pair<std::string, std::int64_t>> rows)
    {
        queue.push(std::move(rows));
        clock.advance(1s);
        ssc.awaitBatches();
    }

    ManualClock clock;
    StreamingContext ssc;
    RDDQueue<std::pair<std::string, std::int64_t>> queue;
    detail::Counted<Divided> keeper;
};

using Sums = std::map<std::string, std::int64_t>;

}  // namespace

TEST_CASE("keys move between two contexts, between their batches: each state is in one of them, and goes on where it was")
{
    Divided::Entries entries;
    struct Seen {
        std::function<Sums()> sums;     // after the last batch
        std::vector<std::string> gone;  // that have timed out
    } seen[2];
    auto const summing = [](Seen& of, std::size_t partitions) {
        return [&of, partitions](auto rows) {
            auto const f = [](std::string_view key, std::optional<std::int64_t> value, State<std::int64_t>& state) -> std::string {
                if (state.isTimingOut()) return std::string{key};
                if (*value == 0) state.remove();
                else state.update(state.getOption().value_or(0) + *value);
                return "";
            };
            auto const sums = rows | mapWithState(StateSpec{f}.numPartitions(partitions).timeout(4s)) | named("sums") | checkpoint();
            sums | foreachRDD([&of](auto batch) {
                for (auto const& key : batch | collect()) {
                    if (!key.empty()) of.gone.push_back(key);
                }
            });
            sums | stateSnapshots() | foreachRDD([&of](auto batch) {
                of.sums = [batch] {
                    auto const all = batch | collect();
                    return Sums{all.begin(), all.end()};
                };
            });
        };
    };
    Divides one{entries, summing(seen[0], 3)};
    Divides two{entries, summing(seen[1], 2), "local[2]"};
    one.ssc.start();
    two.ssc.start();
    CHECK(one.keeper->part->stays() == nullptr);
    two.keeper->lose(0);  // before there was a batch
    one.batch({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}});
    two.batch({});
    Sums const all{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}};
    CHECK(seen[0].sums() == all);
    CHECK(entries.size() == 4);
    one.keeper->lose(1);  // a and c
    two.keeper->gain(1);
    CHECK(seen[0].sums() == all);  // whoever holds the states after a batch has them as they were
    CHECK(seen[1].sums().empty());
    auto const told = one.keeper->told;
    one.batch({{"b", 10}});
    two.batch({{"a", 10}, {"c", 0}});
    CHECK(seen[0].sums() == Sums{{"b", 12}, {"d", 4}});
    CHECK(seen[1].sums() == Sums{{"a", 11}});
    CHECK(one.keeper->told == told + 1);  // nothing of those that left,
    CHECK(two.keeper->told == 2);         // and of those that came what has changed since
    CHECK(entries.size() == 3);
    two.keeper->lose(1);
    two.batch({{"x", 1}});
    CHECK(seen[1].sums() == Sums{{"x", 1}});
    one.keeper->gain(1);
    one.batch({});
    CHECK(seen[0].sums() == Sums{{"a", 11}, {"b", 12}, {"d", 4}});
    one.batch({});
    one.batch({});
    CHECK(seen[0].gone.empty());
    one.batch({});
    CHECK(seen[0].gone == std::vector<std::string>{"d"});  // four seconds after its last touch, and a began anew where it was
    one.batch({});
    std::sort(seen[0].gone.begin(), seen[0].gone.end());
    CHECK(seen[0].gone == std::vector<std::string>{"a", "b", "d"});
}

TEST_CASE("what comes with an older schema is converted, and is written again with that of today; what comes with that is not")
{
    Divided::Entries entries;
    auto const doubling = [](auto rows) {
        auto const f = [](std::string_view, std::optional<std::int64_t> value, State<std::int64_t>& state) {
            state.update(2 * state.getOption().value_or(0) + *value);
            return 0;
        };
        rows | mapWithState(StateSpec{f}) | named("sums") | checkpoint() | foreachRDD([](auto const&) {});
    };
    Divides one{entries, doubling};
    one.ssc.start();
    one.batch({{"a", 1}, {"b", 3}});
    auto& keeper = *one.keeper;
    auto const load = [&](std::string const& schema, std::string const& key, std::string const& value) {
        detail::GraphCore::Turn const turn{*one.ssc.core()};
        keeper.open(schema);
        keeper.part->load(encode(key), value);
        keeper.part->loaded();
    };
    using Old = std::pair<std::int16_t, Time>;
    using Now = std::pair<std::int64_t, Time>;
    load(schemaOf<Now>().encoded(), "now", encode(Now{100, Time{1s}}));
    load(schemaOf<Old>().encoded(), "old", encode(Old{std::int16_t{7}, Time{1s}}));
    load(schemaOf<Now>().encoded(), "after", encode(Now{100, Time{1s}}));
    CHECK_THROWS_AS(keeper.open(schemaOf<std::string>().encoded()), StreamError);
    auto const told = keeper.told;
    one.batch({{"b", 1}});
    CHECK(keeper.told == told + 2);
    CHECK(entries.at(encode("old"s)) == encode(Now{7, Time{1s}}));
    CHECK(entries.at(encode("b"s)) == encode(Now{7, Time{2s}}));
    CHECK(!entries.contains(encode("now"s)));
    one.batch({{"old", 1}, {"now", 1}});
    CHECK(entries.at(encode("old"s)) == encode(Now{15, Time{3s}}));
    CHECK(entries.at(encode("now"s)) == encode(Now{201, Time{3s}}));
}

TEST_CASE("states of updateStateByKey move, too, and what is removed is told")
{
    Divided::Entries entries;
    Divides one{entries, [](auto rows) { rows | updateStateByKey(addUp) | named("sums") | checkpoint() | foreachRDD([](auto const&) {}); }};
    one.ssc.start();
    one.batch({{"a", 1}, {"b", 2}, {"d", 4}});
    CHECK(entries.size() == 3);
    one.keeper->lose(1);
    one.batch({{"b", -2}, {"d", 1}});
    CHECK(entries == Divided::Entries{{encode("a"s), encode(std::int64_t{1})}, {encode("d"s), encode(std::int64_t{5})}});
    one.keeper->gain(1);
    one.batch({{"a", 1}});
    CHECK(entries == Divided::Entries{{encode("a"s), encode(std::int64_t{2})}, {encode("d"s), encode(std::int64_t{5})}});
}

TEST_CASE("states that begin with some of the program's own stay where they are, and so do windows")
{
    Divided::Entries entries;
    std::vector<std::pair<std::string, std::int64_t>> const initial{{"a", 1}};
    StreamingContext ssc{{.master = "inline", .log = silent}, 1s};
    RDDQueue<std::pair<std::string, std::int64_t>> queue;
    auto const rows = queueStream(ssc, queue);
    rows | mapWithState(StateSpec{countUp}.initialState(initial)) | checkpoint() | print(0);
    rows | window(3s) | checkpoint() | print(0);
    auto const& parts = ssc.core()->checkpointed();
    CHECK(has(parts[0]->stays(), "states that it begins with"));
    CHECK(has(parts[1]->stays(), "cannot be divided"));
}
