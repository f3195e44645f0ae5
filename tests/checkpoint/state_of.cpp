#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/checkpoint/state_of.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Text keys, `counts` by mapWithState and `sums` by updateStateByKey.
void write(std::string const& directory, std::vector<std::pair<std::string, std::int32_t>> rows, Time begin = Time{})
{
    ManualClock clock{begin};
    StreamingContext ssc{{.master = "local[2]", .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, directory);
    RDDQueue<std::pair<std::string, std::int32_t>> queue;
    auto const in = queueStream(ssc, queue);
    in | mapWithState(StateSpec{[](std::string_view, std::optional<std::int32_t> value, State<std::int32_t>& state) {
        state.update(state.getOption().value_or(0) + *value);
        return 0;
    }}) |
        named("counts") | checkpoint() | foreachRDD([](auto const&) {});
    in | updateStateByKey([](std::vector<std::int32_t> const& values, std::optional<std::int32_t> sum) {
        for (auto const value : values) sum = sum.value_or(0) + value;
        return sum;
    }) | named("sums") |
        checkpoint() | foreachRDD([](auto const&) {});
    queue.push(std::move(rows));
    ssc.start();
    clock.advance(1s);
    ssc.stop({.gracefully = true});
    ssc.awaitTermination();
}

template <class F>
std::string textOf(F&& f)
{
    try {
        f();
    } catch (StreamError const& error) {
        return error.what();
    }
    return "";
}
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

template <class T>
using Rows = std::vector<std::pair<std::string, T>>;

}  // namespace

TEST_CASE("a state is read as it was committed last, in the order of its keys' bytes")
{
    Temporary const folder;
    write(folder.path("x"), {{"b", 2}, {"a", 1}, {"cc", 3}});
    write(folder.path("x"), {{"a", 10}}, Time{1s});
    Rows<std::int32_t> const wanted{{"a", 11}, {"b", 2}, {"cc", 3}};
    CHECK((stateOf<std::string, std::int32_t>(folder.path("x"), "sums") | collect()) == wanted);
    auto const counts = stateOf<std::string_view, std::int32_t>("file://" + folder.path("x"), "counts", 2);
    CHECK(counts.numPartitions() == 2);
    std::filesystem::remove_all(folder.path("x"));  // it is owned
    CHECK((counts | collect()) == wanted);
}

TEST_CASE("the state of mapWithState may be read with the time of its last touch")
{
    Temporary const folder;
    write(folder.path("x"), {{"b", 2}, {"a", 1}});
    write(folder.path("x"), {{"a", 10}}, Time{1s});
    using Timed = std::pair<std::int32_t, Time>;
    CHECK((stateOf<std::string, Timed>(folder.path("x"), "counts") | collect()) ==
          Rows<Timed>{{"a", {11, Time{2s}}}, {"b", {2, Time{1s}}}});
}

TEST_CASE("other types are read as a Decoder does, or refused with both")
{
    Temporary const folder;
    write(folder.path("x"), {{"a", 300}});
    for (std::string const name : {"counts", "sums"}) {
        CHECK((stateOf<std::string, std::int64_t>(folder.path("x"), name) | collect()) == Rows<std::int64_t>{{"a", 300}});
        CHECK((stateOf<std::string, std::optional<double>>(folder.path("x"), name) | collect()) ==
              Rows<std::optional<double>>{{"a", 300.0}});
        auto const tooSmall = textOf([&] { static_cast<void>(stateOf<std::string, std::int8_t>(folder.path("x"), name)); });
        CHECK(has(tooSmall, "a state of \"" + name + "\" in " + folder.path("x") + ": sluice::"));
    }
    int const line = __LINE__ + 1;
    auto const state = textOf([&] { static_cast<void>(stateOf<std::string, std::string>(folder.path("x"), "counts")); });
    CHECK(has(state, "sluice::stateOf (" + std::string{__FILE__} + ':' + std::to_string(line) + "): \"counts\" in " + folder.path("x") +
                         " has keys text and states (int32, time), and not keys text and states text: sluice::"));
    auto const key = textOf([&] { static_cast<void>(stateOf<std::int64_t, std::int32_t>(folder.path("x"), "sums")); });
    CHECK(has(key, "has keys text and states int32, and not keys int64 and states int32: sluice::"));
}

TEST_CASE("what is not there is said, with what there is")
{
    Temporary const folder;
    auto const read = [](std::string const& directory, std::string_view name) {
        return textOf([&] { static_cast<void>(stateOf<std::string, std::int32_t>(directory, name)); });
    };
    CHECK(has(read(folder.path("x"), "sums"), "): there is no directory " + folder.path("x")));
    CHECK(has(read(folder.path(), "sums"), "): there is no checkpoint in " + folder.path()));
    CHECK(!std::filesystem::exists(folder.path("lock")));
    write(folder.path("x"), {{"a", 1}});
    CHECK(has(read(folder.path("x"), "sum"), "): " + folder.path("x") + " knows no state \"sum\", but \"counts\", \"sums\""));
    CHECK_THROWS_AS(static_cast<void>(stateOf<int, int>("hdfs://host/x", "sums")), Unsupported);
}

TEST_CASE("what is damaged is said, also where something older is whole")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    for (int i = 0; i < 3; ++i) write(directory, {{"a", 1}}, Time{i * 1s});
    auto const read = [&] { return textOf([&] { static_cast<void>(stateOf<std::string, std::int32_t>(directory, "sums")); }); };
    CHECK(read() == "");
    auto const spoil = [&](std::string const& name) {
        std::fstream file{directory + "/" + name, std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(40);
        file << "spoilt";
    };
    spoil("log-2");
    CHECK(has(read(), "log-2 is damaged at byte "));
    spoil("log-1");
    CHECK(has(read(), "log-1 is damaged at byte "));
    std::filesystem::remove(directory + "/log-1");
    CHECK(has(read(), "no image in it is whole, and the logs do not go back to the first"));
}

TEST_CASE("it is read while it is written, each time as it was after one commit")
{
    Temporary const folder;
    constexpr int keys = 50;
    detail::CheckpointedState const state{"s", schemaOf<int>().encoded(), schemaOf<std::int64_t>().encoded()};
    std::atomic<bool> ends = false;
    std::atomic<std::int64_t> done = 0;
    std::thread writer{[&] {
        detail::CheckpointStore store{folder.path("x"), [](std::string const&) {}, {.leastLog = 2000, .mostCommits = 3}};
        for (std::int64_t i = 1; !ends; ++i) {
            detail::CheckpointCommit commit{Time{std::chrono::milliseconds{i}}};
            commit.begin(state);
            for (int key = 0; key < keys; ++key) commit.put(encode(key), encode(i));
            store.commit(std::move(commit));
            store.sync();
            done = i;
        }
    }};
    while (done == 0) std::this_thread::yield();
    bool together = true;
    bool inOrder = true;
    std::int64_t last = 0;
    for (int reads = 0; reads < 200 || done < 50; ++reads) {
        std::int64_t const least = done;
        auto const rows = stateOf<int, std::int64_t>(folder.path("x"), "s") | collect();
        together = together && rows.size() == keys;
        for (auto const& row : rows) together = together && row.second == rows.front().second;
        auto const now = rows.empty() ? 0 : rows.front().second;
        inOrder = inOrder && now >= last && now >= least;
        last = now;
    }
    ends = true;
    writer.join();
    CHECK(together);
    CHECK(inOrder);
}
