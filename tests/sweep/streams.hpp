#pragma once

#include "shapes.hpp"

// The cells of streams: those of operators over time and with state, of sources and outputs, of what tasks share, and of
// any stream. See batches.hpp.

namespace sweep {

using namespace sluice;

// ---- over time ---------------------------------------------------------------------------------------------------------

template <class R>
void cacheOfRecords()
{
    Live live;
    auto const kept = live.records<R>() | cache();
    kept | live.out();
    kept | live.out();
    live.gives<R>({{103, 101, 103, 101, 102, 101, 102, 101}});
}
template <class R>
void namedOfRecords()
{
    Live live;
    live.records<R>() | named("records") | live.out();
    live.gives<R>({{103, 101, 102, 101}});
}
template <class R>
void windowOfRecords()
{
    Live live;
    live.records<R>() | window(2s) | live.out();
    live.gives<R>({{103, 101, 103, 101, 102, 101, 102, 101}});
}
template <class R>
void windowOfValues()
{
    Live live;
    live.valued<R>() | window(2s) | groupByKey(1) | live.out();
    live.gives<R>({{3, 103, 1, 101, 3, 103, 1, 101, 101, 2, 102, 2, 102, 1, 101}});
}
template <class R>
void countByWindowOfRecords()
{
    Live live;
    live.records<R>() | countByWindow(2s, 1s) | live.out();
    live.gives<R>({{2, 4, 2}});
}
template <class R>
void countByValueAndWindowOfRecords()
{
    Live live;
    live.records<R>() | countByValueAndWindow(2s, 1s, 1) | live.outSorted();
    live.gives<R>({{101, 1, 103, 1, 101, 2, 102, 1, 103, 1, 101, 1, 102, 1}, {100, 2, 100, 4, 100, 2}});
}
template <class R>
void groupByKeyAndWindowOfKeys()
{
    Live live;
    live.keyed<R>() | groupByKeyAndWindow(2s, 1s, 1) | live.out();
    live.gives<R>({{103, 3, 101, 1, 103, 3, 101, 1, 1, 102, 2, 102, 2, 101, 1}, {100, 3, 1, 100, 3, 1, 2, 1, 100, 2, 1}});
}
template <class R>
void groupByKeyAndWindowOfValues()
{
    Live live;
    live.valued<R>() | groupByKeyAndWindow(2s, 1s, 1) | live.out();
    live.gives<R>({{3, 103, 1, 101, 3, 103, 1, 101, 101, 2, 102, 2, 102, 1, 101}});
}
template <class R>
void reduceByKeyAndWindowOfKeys()
{
    Live live;
    live.keyed<R>() | reduceByKeyAndWindow(std::plus{}, 2s, 1s, 1) | live.outSorted();
    live.gives<R>({{101, 1, 103, 3, 101, 2, 102, 2, 103, 3, 101, 1, 102, 2}, {100, 4, 100, 7, 100, 3}});
}
template <class R>
void reduceByKeyAndWindowOfValues()
{
    Live live;
    live.valued<R>() | reduceByKeyAndWindow(Larger{}, 2s, 1s, 1) | live.outSorted();
    live.gives<R>({{1, 101, 3, 103, 1, 101, 2, 102, 3, 103, 1, 101, 2, 102}});
}
template <class R>
void reduceByKeyAndWindowInverseOfKeys()
{
    Live live;
    live.keyed<R>() | reduceByKeyAndWindow(std::plus{}, std::minus{}, 2s, 1s, 1) | live.outSorted();
    live.gives<R>({{101, 1, 103, 3, 101, 2, 102, 2, 103, 3, 101, 1, 102, 2}, {100, 4, 100, 7, 100, 3}});
}
template <class R>
void reduceByKeyAndWindowInverseOfValues()
{
    Live live;
    live.valued<R>() | reduceByKeyAndWindow(Larger{}, Larger{}, 2s, 1s, 1) | live.outSorted();
    live.gives<R>({{1, 101, 3, 103, 1, 101, 2, 102, 3, 103, 1, 101, 2, 102}});
}
template <class R>
void reduceByWindowOfRecords()
{
    Live live;
    live.records<R>() | reduceByWindow(Larger{}, 2s, 1s) | live.out();
    live.gives<R>({{103, 103, 102}});
}

// ---- state -------------------------------------------------------------------------------------------------------------

template <class R>
void updateStateByKeyOfKeys()
{
    Live live;
    live.keyed<R>() |
        updateStateByKey(
            [](std::vector<int> const& values, std::optional<int> sum) {
                return std::optional{std::accumulate(values.begin(), values.end(), sum.value_or(0))};
            },
            1) |
        live.outSorted();
    live.gives<R>({{101, 1, 103, 3, 101, 2, 102, 2, 103, 3, 101, 2, 102, 2, 103, 3}, {100, 4, 100, 7, 100, 7}});
}
template <class R>
void updateStateByKeyOfValues()
{
    Live live;
    live.valued<R>() |
        updateStateByKey<int>(
            [](auto const& values, std::optional<int> sum) {
                int all = sum.value_or(0);
                for (auto const& r : values) all += numberOf(r) - 100;
                return std::optional{all};
            },
            1) |
        live.outSorted();
    live.gives<R>({{1, 1, 3, 3, 1, 2, 2, 2, 3, 3, 1, 2, 2, 2, 3, 3}, {1, 0, 3, 0, 1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 3, 0}});
}
template <class R>
void updateStateByKeyOfStates()
{
    Live live;
    live.valued<R>() |
        updateStateByKey<R>(
            [](auto const& values, std::optional<R> last) { return values.empty() ? std::move(last) : std::optional<R>{values[0]}; }, 1) |
        live.outSorted();
    live.gives<R>({{1, 101, 3, 103, 1, 101, 2, 102, 3, 103, 1, 101, 2, 102, 3, 103}});
}
template <class R>
void mapWithStateOfKeys()
{
    Live live;
    live.keyed<R>() | mapWithState<int>(StateSpec{[](auto const& key, std::optional<int> value, State<int>& sum) {
                                            sum.update(sum.getOption().value_or(0) + value.value_or(0));
                                            return std::pair{numberOf(key), sum.get()};
                                        }}.numPartitions(1)) |
        live.out();
    live.gives<R>({{103, 3, 101, 1, 102, 2, 101, 2}, {100, 3, 100, 4, 100, 6, 100, 7}});
}
template <class R>
void mapWithStateOfValues()
{
    Live live;
    live.valued<R>() | mapWithState<int>(StateSpec{[](int, auto const& value, State<int>& sum) {
                                             sum.update(sum.getOption().value_or(0) + numberOf(*value) - 100);
                                             return sum.get();
                                         }}.numPartitions(1)) |
        live.out();
    live.gives<R>({{3, 1, 2, 2}, {0, 0, 0, 0}});
}
template <class R>
void mapWithStateOfStates()
{
    Live live;
    live.valued<R>() | mapWithState<R>(StateSpec{[](int, auto const& value, State<R>& last) {
                                           int const before = last.exists() ? numberOf(last.get()) : 0;
                                           last.update(*value);
                                           return before;
                                       }}.numPartitions(1)) |
        live.out();
    live.gives<R>({{0, 0, 0, 101}});
}
template <class R>
void mapWithStateToRecords()
{
    Live live;
    live.texts() | keyBy([](std::string const& text) { return readText(text); }) |
        mapWithState<int>(StateSpec{[](int, auto const& text, State<int>& seen) {
                              seen.update(1);
                              return lasting<R>(readText(*text));
                          }}.numPartitions(1)) |
        live.out();
    live.gives<R>({{103, 101, 102, 101}});
}
template <class R>
void stateSnapshotsOfKeys()
{
    Live live;
    live.keyed<R>() | mapWithState<int>(StateSpec{[](auto const&, std::optional<int> value, State<int>& sum) {
                                            sum.update(sum.getOption().value_or(0) + value.value_or(0));
                                            return 0;
                                        }}.numPartitions(1)) |
        stateSnapshots() | live.outSorted();
    live.gives<R>({{101, 1, 103, 3, 101, 2, 102, 2, 103, 3, 101, 2, 102, 2, 103, 3}, {100, 4, 100, 7, 100, 7}});
}
template <class R>
void stateSnapshotsOfStates()
{
    Live live;
    live.valued<R>() | mapWithState<R>(StateSpec{[](int, auto const& value, State<R>& last) {
                                           last.update(*value);
                                           return 0;
                                       }}.numPartitions(1)) |
        stateSnapshots() | live.outSorted();
    live.gives<R>({{1, 101, 3, 103, 1, 101, 2, 102, 3, 103, 1, 101, 2, 102, 3, 103}});
}

// ---- over batches ------------------------------------------------------------------------------------------------------

template <class R>
void transformOfRecords()
{
    Live live;
    live.records<R>() | transform([](auto batch) { return batch | map(numberOf); }) | live.out();
    live.gives<R>({{103, 101, 102, 101}});
}
template <class R>
void transformWithOfRecords()
{
    Live live;
    live.records<R>() | transformWith(live.records<R>(), [](auto a, auto b) { return a | unionWith(b); }) | live.out();
    live.gives<R>({{103, 101, 103, 101, 102, 101, 102, 101}});
}
template <class R>
void transformAllOfRecords()
{
    Live live;
    transformAll(live.records<R>(), live.records<R>(), [](auto a, auto b) { return a | unionWith(b); }) | live.out();
    live.gives<R>({{103, 101, 103, 101, 102, 101, 102, 101}});
}
template <class R>
void sliceOfRecords()
{
    Live live;
    auto const stream = live.records<R>();
    stream | foreachRDD([&](auto const&, Time t) {
        for (auto const& batch : slice(stream, t, t)) batch | foreach (Numbers{&live.got});
    });
    live.gives<R>({{103, 101, 102, 101}});
}

// ---- actions, which make a record of a batch ----------------------------------------------------------------------------

template <class R>
void reduceOnStream()
{
    Live live;
    live.records<R>() | reduce(Larger{}) | live.out();
    live.gives<R>({{103, 102}});
}
template <class R>
void foldOnStream()
{
    Live live;
    live.records<R>() | fold(lasting<R>(100), Larger{}) | live.out();
    live.gives<R>({{103, 102, 100}});
}
template <class R>
void aggregateOnStream()
{
    Live live;
    live.records<R>() | aggregate(lasting<R>(100), Larger{}, Larger{}) | live.out();
    live.gives<R>({{103, 102, 100}});
}
template <class R>
void firstOnStream()
{
    Live live;
    live.records<R>() | first() | live.out();
    live.gives<R>({{103, 102}});
}
template <class R>
void minOnStream()
{
    Live live;
    live.records<R>() | min(IsSmaller{}) | live.out();
    live.gives<R>({{101, 101}});
}
template <class R>
void maxOnStream()
{
    Live live;
    live.records<R>() | max(IsSmaller{}) | live.out();
    live.gives<R>({{103, 102}});
}

// ---- any stream --------------------------------------------------------------------------------------------------------

template <class R>
void dstreamAnyOfRecords()
{
    Live live;
    DStream<R> const any = live.records<R>();
    any | live.out();
    live.gives<R>({{103, 101, 102, 101}});
}
template <class R>
void dstreamAnyOfValues()
{
    Live live;
    DStream<std::pair<int, R>> const any = live.valued<R>();
    any | groupByKey(1) | live.out();
    live.gives<R>({{3, 103, 1, 101, 2, 102, 1, 101}});
}
template <class R>
void dstreamAnyInWindow()
{
    Live live;
    DStream<R> const any = live.records<R>();
    any | window(2s) | live.out();
    live.gives<R>({{103, 101, 103, 101, 102, 101, 102, 101}});
}
template <class R>
void dstreamAnyOfWindow()
{
    Live live;
    auto const window2 = live.valued<R>() | window(2s) | values();
    DStream<R> const any = window2;
    any | live.out();
    live.gives<R>({{103, 101, 103, 101, 102, 101, 102, 101}});
}

// ---- sources -----------------------------------------------------------------------------------------------------------

template <class R>
void queueStreamOfRecords()
{
    Live live;
    RDDQueue<R> queue;
    queue.push(records<R>());
    queueStream(live.clock, queue) | live.out();
    live.gives<R>({{103, 101, 102, 101}});
}
template <class R>
void queueStreamOfLasting()
{
    Live live;
    RDDQueue<R> queue;
    std::vector<R> all;
    all.push_back(lasting<R>(103));
    queue.push(std::move(all));
    queueStream(live.clock, queue) | live.out();
    live.gives<R>({{103}});
}
template <class R>
void channelStreamOfRecords()
{
    Live live;
    auto [channel, stream] = channelStream<R>(live.clock);
    stream | live.out();
    live.clock.poll(Time{0s});
    for (int n : {103, 101}) {
        auto const text = std::make_unique<std::string>(textOf(n));
        channel.push(Make<R>{}(*text));
    }
    live.gives<R>({{103, 101}});
}
template <class R>
void receiverStreamOfRecords()
{
    testing::Harness harness{oneThread()};
    std::vector<int> got;
    receiverStream<R>(harness.context(), [](std::stop_token stop, auto& store) {
        for (int n : {103, 101}) {
            auto const text = std::make_unique<std::string>(textOf(n));
            store(Make<R>{}(*text));
        }
        io::Monitor monitor;
        std::unique_lock lock{monitor};
        std::stop_callback const wake{stop, [&] { monitor.notifyAll(); }};
        monitor.wait([&] { return stop.stop_requested(); });
    }) | foreachRDD([&](auto batch) { batch | foreach (Numbers{&got}); });
    harness.start();
    harness.awaitReceived(2);
    harness.advance(1s);
    same<R>(got, {{103, 101}});
}
template <class R>
void constantStreamOfRecords()
{
    Live live;
    constantStream(live.clock, records<R>()) | live.out();
    live.gives<R>({{103, 101, 102, 101, 103, 101, 102, 101, 103, 101, 102, 101}});
}
template <class R>
void pullStreamOfRecords()
{
    Live live;
    pullStream(live.clock, [](Time) { return records<R>(); }) | live.out();
    live.gives<R>({{103, 101, 102, 101, 103, 101, 102, 101, 103, 101, 102, 101}});
}
template <class R>
void deadLettersOfRecords()
{
    Live live;
    auto [letters, failed] = deadLetters<R>(live.clock);
    live.records<R>() |
        map(
            [](R const& r) {
                if (numberOf(r) != 0) throw std::runtime_error{"no"};
                return 0;
            },
            letters) |
        live.out();
    failed | map([](auto const& letter) { return numberOf(letter.record); }) | live.out();
    live.gives<R>({{103, 101, 102, 101}});
}
template <class R>
void fileStreamOfRecords()
{
    Live live;
    Scratch const scratch;
    fileStream(live.clock, scratch.path(), {}, [](std::string_view bytes) {
        return std::array<R, 1>{Shape<R>::make(readText(bytes), bytes)};
    }) | live.out();
    live.clock.poll(Time{0s});
    scratch.write("a", textOf(103));
    live.gives<R>({{103}});
}
template <class R>
void socketStreamOfRecords()
{
    Server server;
    std::vector<int> got;
    socketStream<R>(server.harness.context(), "127.0.0.1", server.listener.port(), [](std::string_view bytes, auto& store) {
        std::size_t used = 0;
        for (auto const size = textOf(100).size() + 1; bytes.size() - used >= size; used += size) {
            store(Make<R>{}(std::string{bytes.substr(used, size - 1)}));
        }
        return used;
    }) | foreachRDD([&](auto batch) { batch | foreach (Numbers{&got}); });
    server.run();
    same<R>(got, {{103, 101}});
}
template <class R>
void socketTextStreamOfRecords()
{
    Server server;
    std::vector<int> got;
    socketTextStream(server.harness.context(), "127.0.0.1", server.listener.port()) |
        map([](std::string_view line) { return Shape<R>::make(readText(line), line); }) |
        foreachRDD([&](auto batch) { batch | foreach (Numbers{&got}); });
    server.run();
    same<R>(got, {{103, 101}});
}
template <class R>
void textFileStreamOfRecords()
{
    Live live;
    Scratch const scratch;
    textFileStream(live.clock, scratch.path()) | map([](std::string_view line) { return Shape<R>::make(readText(line), line); }) | cache() |
        live.out();
    live.clock.poll(Time{0s});
    scratch.write("a", textOf(103) + '\n' + textOf(101) + '\n');
    live.gives<R>({{103, 101}});
}
template <class R>
void tailTextFileStreamOfRecords()
{
    Live live;
    Scratch const scratch;
    scratch.write("a", "");
    tailTextFileStream(live.clock, scratch.path() + "/a") |
        map([](std::string_view line) { return Shape<R>::make(readText(line), line); }) | live.out();
    live.clock.poll(Time{0s});
    scratch.write("a", textOf(103) + '\n' + textOf(101) + '\n');
    live.gives<R>({{103, 101}});
}
template <class R>
void binaryRecordsStreamOfRecords()
{
    Live live;
    Scratch const scratch;
    binaryRecordsStream(live.clock, scratch.path(), textOf(100).size()) |
        map([](std::string_view line) { return Shape<R>::make(readText(line), line); }) | live.out();
    live.clock.poll(Time{0s});
    scratch.write("a", textOf(103) + textOf(101));
    live.gives<R>({{103, 101}});
}

// ---- outputs -----------------------------------------------------------------------------------------------------------

template <class R>
void foreachRDDOfRecords()
{
    Live live;
    live.records<R>() | foreachRDD([&](auto batch) { batch | foreach ([&](R const& r) { live.got.push_back(numberOf(r)); }); });
    live.gives<R>({{103, 101, 102, 101}});
}
template <class R>
void printOfRecords()
{
    Live live;
    Scratch const scratch;
    std::FILE* const file = std::fopen((scratch.path() + "/out").c_str(), "w");
    live.records<R>() | print(10, file);
    live.run();
    std::fclose(file);
    auto const text = contentOf(scratch.path() + "/out");
    if (text.find("Time: 2000 ms\n-------------------------------------------\n" + linesOf<R>({102, 101}) + '\n') == std::string::npos) {
        fail("prints " + text);
    }
}
template <class R>
void saveAsTextFilesOfRecords()
{
    Live live;
    Scratch const scratch;
    live.records<R>() | saveAsTextFiles(scratch.path() + "/out");
    live.run();
    if (contentOf(scratch.path() + "/out-2000/part-00001") != linesOf<R>({101})) fail("another text");
}
template <class R>
void writeToOfRecords()
{
    struct Writer {
        std::vector<int>* got;
        void write(R const& r) { got->push_back(numberOf(r)); }
        void close() {}
    };
    Live live;
    live.records<R>() | writeTo([&](OutputKey) { return Writer{&live.got}; });
    live.gives<R>({{103, 101, 102, 101}});
}

// ---- what tasks share --------------------------------------------------------------------------------------------------

template <class R>
void collectionAccumulatorOfRecords()
{
    Context const context;
    auto const all = collectionAccumulator<R>(context);
    {
        auto const text = std::make_unique<std::string>(textOf(103));
        all.add(Make<R>{}(*text));
    }
    std::vector<int> got;
    flat(got, all.value());
    same<R>(got, {{103}});
}
template <class R>
void broadcastOfRecords()
{
    auto text = std::make_unique<std::string>(textOf(103));
    auto const shared = broadcast(Make<R>{}(*text));
    text.reset();
    std::vector<int> got;
    flat(got, shared.value());
    same<R>(got, {{103}});
}

}  // namespace sweep
