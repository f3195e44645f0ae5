#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>
#include <sluice/testing.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <optional>
#include <random>

using namespace sluice;
using namespace std::literals;
using testing::Batches;

TEST_CASE("a stream that is cached on the disk computes each batch once, however many outputs stand below it")
{
    std::atomic<int> calls = 0;
    auto const out = testing::runBatches<int>({{1, 2, 3}, {4}}, [&](auto in) {
        auto const slow = in | map([&](int x) {
                              ++calls;
                              return 10 * x;
                          }) |
                          cache(Storage::disk);
        return slow | unionWith(slow | filter([](int x) { return x > 10; }), slow);
    });
    CHECK(out == Batches<int>{{10, 20, 30, 20, 30, 10, 20, 30}, {40, 40, 40}});
    CHECK(calls == 4);
}

namespace {

using Record = std::pair<std::string, int>;

constexpr auto line = [](auto const& key, auto const& value) { return std::string{key} + "=" + std::to_string(value); };

/// A stream by every operator that may stand behind a cache, as lines: those that push records on, that keep them, that meet, and that
/// take a part of them. It is compiled once: they know of the cache what an expression tells that is forgotten.
DStream<std::string> useOf(DStream<Record> const& s, int length, std::size_t partitions)
{
    std::chrono::seconds const w{length};
    auto const words = s | map([](Record const& r) { return r.first; }) | flatMap(split());
    auto const keys = s | sluice::keys() | map([](std::string_view key) { return std::string{key}; });
    auto const sorted = s | transform([](auto batch) { return std::move(batch) | sortByKey(); }) | map(line);
    auto const met = s | join(s | mapValues([](int x) { return x % 3; }) | filter([](Record const& r) { return r.second == 0; })) |
                     map([](auto const& key, auto const& both) { return std::string{key} + std::to_string(both.first + both.second); });
    auto const few = s | transform([](auto batch) { return rdd(batch | take(3)); }) | map(line);
    return sorted | unionWith(words | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{}, partitions) | map(line),
                              met, few, keys, s | window(w) | map(line), s | repartition(partitions) | map(line),
                              s | zipWithIndex() | map([](Record const& r, auto i) { return r.first + std::to_string(i); }),
                              s | glom() | map([](std::vector<Record> const& all) { return std::to_string(all.size()); }));
}

/// The same by those that see what kind of cache they stand behind: what keeps batches keeps none of its own where that has them.
DStream<std::string> useOfCache(auto const& s, int length, std::size_t partitions)
{
    std::chrono::seconds const w{length};
    return s | map(line) |
           unionWith(s | reduceByKey(std::plus{}, partitions) | map(line), s | window(w) | map(line),
                     s | window(w) | window(w) | reduceByKey(std::plus{}, partitions) | map(line),
                     s | groupByKeyAndWindow(w, 1s, partitions) | map([](auto const& key, auto const& all) {
                         std::string text{key};
                         for (int const one : all) text += "," + std::to_string(one);
                         return text;
                     }),
                     s | cache() | map(line), s | cache(Storage::disk) | map(line));
}

Batches<Record> randomBatches(std::mt19937& random)
{
    Batches<Record> in;
    for (auto n = 3 + random() % 6; n > 0; --n) {
        std::vector<Record> records(random() % 8 == 0 ? random() % 4'000 : random() % 20);
        for (auto& record : records)
            record = {std::string(random() % 30, 'x') + " " + std::to_string(random() % 50), static_cast<int>(random() % 100)};
        in.push_back(std::move(records));
    }
    return in;
}

}  // namespace

TEST_CASE("the law: on the disk, or as far as memory goes, each batch is what it is in memory, in the same order")
{
    std::mt19937 random{20'261'128};
    for (int i = 0; i < 10; ++i) {
        CAPTURE(i);
        auto const in = randomBatches(random);
        auto const length = static_cast<int>(1 + random() % 4);
        testing::Options options;
        options.partitions = 1 + random() % 4;
        options.master = random() % 2 == 0 ? "inline" : "local[3]";
        auto const of = [&](auto storage) {
            return testing::runBatches<Record>(
                in,
                [&](auto s) {
                    auto const cached = s | cache(storage);
                    return useOfCache(cached, length, options.partitions) | unionWith(useOf(cached, length, options.partitions));
                },
                options);
        };
        auto const inMemory = of(Storage::memory);
        CHECK(of(Storage::disk) == inMemory);
        CHECK(of(Storage::memoryThenDisk) == inMemory);
    }
}

TEST_CASE("partitions and their order are kept, empty batches stay empty and no RDD stays none")
{
    auto const out = testing::runBatches<int>({{3, 1, 2}, {}, std::nullopt}, [](auto in) { return in | cache(Storage::disk); },
                                              {.partitions = 3, .master = "local[2]"});
    CHECK(out == Batches<int>{{3, 1, 2}, {}, std::nullopt});
}

TEST_CASE("text comes back owned, whatever view it was, and a record of views within is seen through")
{
    auto const out = testing::runBatches<std::string>({{"to be or", "not to be"}, {}}, [](auto in) {
        DStream<std::string> const text = in | flatMap(split()) | cache(Storage::disk);
        return text | unionWith(in | flatMap(split()) | map([](std::string_view word) { return std::tuple{word, std::optional{word}}; }) |
                                cache(Storage::disk) | map([](std::tuple<std::string, std::optional<std::string>> const& record) {
                                    return std::get<0>(record) + *std::get<1>(record);
                                }));
    });
    CHECK(out == Batches<std::string>{{"to", "be", "or", "not", "to", "be", "toto", "bebe", "oror", "notnot", "toto", "bebe"}, {}});
}

namespace {

std::vector<int> ints(std::size_t n) { return std::vector<int>(n); }

/// A program, and what it told the log.
struct Program {
    ManualClock clock;
    std::vector<std::string> errors;
    StreamingContext context;

    explicit Program(Config config) : context{with(std::move(config)), 1s} {}

    Config with(Config config)
    {
        config.master = "local[2]";
        config.clock = clock;
        config.exclusive = false;
        config.log = [this](LogEntry const& entry) { errors.push_back(entry.text); };
        return config;
    }
    void run(int batches)
    {
        context.start();
        for (int i = 0; i < batches; ++i) {
            clock.advance(1s);
            context.awaitBatches();
        }
    }
};

}  // namespace

TEST_CASE("a batch that a program keeps is read when all else is gone")
{
    Temporary const directory;
    std::vector<RDD<std::string>> kept;
    {
        Program program{{.localDirectory = directory.path()}};
        testing::literalStream<std::string>(program.context, {{"a", "b"}, {"c"}}) | cache(Storage::disk) |
            foreachRDD([&](auto batch) { kept.emplace_back(std::move(batch)); });
        program.run(2);
    }
    REQUIRE(kept.size() == 2);
    CHECK((kept[0] | collect()) == std::vector{"a"s, "b"s});
    CHECK((kept[1] | collect()) == std::vector{"c"s});
}

TEST_CASE("a directory that is not there fails the batch, which loses no record where it is tried again")
{
    Temporary const directory;
    auto const path = directory.path("later");
    Program program{{.localDirectory = path, .onBatchFailure = retry(1)}};
    std::vector<int> seen;
    int calls = 0;
    testing::literalStream<int>(program.context, {{1, 2}, {3}}) | cache(Storage::disk) | foreachRDD([&](auto batch) {
        if (++calls == 2) directory.makeDirectory("later");
        auto const all = batch | collect();
        seen.insert(seen.end(), all.begin(), all.end());
    });
    program.run(2);
    CHECK(seen == std::vector{1, 2, 3});
    REQUIRE(!program.errors.empty());
    CHECK(program.errors[0].find("making a file in " + path + ": No such file or directory") != std::string::npos);
    CHECK(program.errors[0].find("sluice::cache") != std::string::npos);
}

TEST_CASE("a disk that is full fails the batch, and the next one has its records again")
{
    Temporary const directory;
    Program program{{.localDirectory = directory.path(), .onBatchFailure = proceed}};
    std::optional<FullDisk> full;
    std::vector<std::size_t> seen;
    auto const cached = testing::literalStream<int>(program.context, {ints(1000), ints(2000), ints(3)}) | cache(Storage::disk);
    cached | window(3s) | foreachRDD([&](auto batch, Time t) {
        seen.push_back((batch | collect()).size());
        if (t == Time{1s}) full.emplace();
    });
    constantStream(program.context, rdd({1})) | foreachRDD([&](auto const&, Time t) {
        if (t == Time{2s}) full.reset();
    });
    program.run(3);
    CHECK(seen == std::vector<std::size_t>{1000, 1003});
    REQUIRE(!program.errors.empty());
    CHECK(program.errors[0].find("writing a file in " + directory.path() + ": File too large") != std::string::npos);
}

TEST_CASE("listeners are told what a cache holds: records, and bytes in memory")
{
    struct Watch : StreamingListener {
        void onBatchCompleted(BatchCompleted const& event) override
        {
            for (auto const& one : event.batch.held) held[one.name].emplace_back(one.keys, one.bytes);
        }
        std::map<std::string, std::vector<std::pair<std::size_t, std::size_t>>> held;
    } watch;
    {
        testing::Harness harness{{.maxCachedBytes = 2 * sizeof(int)}};
        harness.context().addStreamingListener(watch);
        auto const in = testing::literalStream<int>(harness.context(), {{1, 2, 3}, {4}}, 1);
        in | cache(Storage::disk) | named("disk") | window(2s) | named("window") | foreachRDD([](auto batch) { batch | count(); });
        in | cache(Storage::memoryThenDisk) | named("both") | foreachRDD([](auto batch) { batch | count(); });
        harness.start();
        harness.advance(2s);
    }
    using Held = std::vector<std::pair<std::size_t, std::size_t>>;
    CHECK(watch.held["disk"] == Held{{3, 0}, {1, 0}});
    CHECK(watch.held["window"] == Held{{3, 0}, {4, 0}});
    CHECK(watch.held["both"] == Held{{3, 2 * sizeof(int)}, {1, sizeof(int)}});
}

TEST_CASE("memory is given back with the batch that had it")
{
    testing::Harness harness{{.maxCachedBytes = 100 * sizeof(int)}};
    auto const cached =
        testing::literalStream<int>(harness.context(), {ints(1000), {}, ints(50), ints(1000)}) | cache(Storage::memoryThenDisk);
    auto const& store = *cached.node().impl().store;
    std::vector<std::size_t> used;
    cached | window(2s) | foreachRDD([&](auto batch) {
        batch | count();
        used.push_back(store.used());
    });
    harness.start();
    harness.advance(4s);
    CHECK(used == std::vector<std::size_t>{100 * sizeof(int), 100 * sizeof(int), 50 * sizeof(int), 100 * sizeof(int)});
}
