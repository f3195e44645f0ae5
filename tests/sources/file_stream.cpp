#include <sluice/sources/file_stream.hpp>

#include "../io/temporary.hpp"

#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split_lines.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/testing/harness.hpp>

#include <functional>
#include <mutex>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;
constexpr std::int64_t second = 1'000'000;

/// A context that streams the files of a directory as text, on a clock that stands at 100 s.
struct Program {
    Temporary dir;
    std::mutex mutex;
    Texts told;
    ManualClock clock{Time{100s}};
    StreamingContext context;
    Texts lines;
    Texts files;
    std::size_t partitions = 99;

    explicit Program(FileStreamOptions options = {}, Config config = {}, std::string const& pattern = "", Duration interval = 1s)
        : context(with(std::move(config)), interval)
    {
        fileStream<TextFormat>(context, pattern.starts_with('/') || pattern.starts_with("file:") ? pattern : dir.path(pattern),
                               std::move(options)) |
            foreachRDD([this](auto batch) {
                partitions = batch.numPartitions();
                files = positionsOf(batch);
                lines = batch | collect();
            });
    }

    /// The lines of the batch at so many seconds; the batches before it are run, too.
    Texts at(int seconds)
    {
        if (context.getState() == ContextState::initialized) context.start();
        clock.setTime(Time{seconds * 1s});
        context.awaitBatches();
        return lines;
    }
    void write(std::string const& name, double modified) const
    {
        dir.write(name, name + "\n", static_cast<std::int64_t>(modified * second));
    }
    [[nodiscard]] std::string error()
    {
        try {
            static_cast<void>(context.awaitTerminationOrTimeout(0s));
        } catch (StreamError const& e) {
            return e.what();
        }
        return "";
    }

private:
    Config with(Config config)
    {
        config.clock = clock;
        config.exclusive = false;
        config.log = [this](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            told.push_back(entry.label.kind + ": "s + entry.text);
        };
        return config;
    }
};

}  // namespace

TEST_CASE("a file belongs to the first batch that is not before its time")
{
    Program p;
    p.write("early", 101);
    p.write("just", 101.000001);
    p.write("late", 102);
    CHECK(p.at(101) == Texts{"early"});
    CHECK(p.at(102) == Texts{"just", "late"});
    CHECK(p.at(103).empty());
    CHECK(p.partitions == 0);
}

TEST_CASE("files from before the stream, and from the very moment of its making, are not new")
{
    Program p;
    p.write("old", 99.9);
    p.write("equal", 100);
    p.write("new", 100.000001);
    CHECK(p.at(101) == Texts{"new"});
}

TEST_CASE("not only new files: those of the remembered window, strictly, and no older ones")
{
    Program p{{.newFilesOnly = false}};
    p.write("a", 41);         // the threshold of the batch at 101 s
    p.write("b", 41.000001);
    p.write("c", 99);
    CHECK(p.at(101) == Texts{"b", "c"});
}

TEST_CASE("the window is the setting in whole batches")
{
    // Batches of 3 s; the one at 108 s looks back to 96 s for up to 12 s, and so on.
    for (auto const& [least, begin] : {std::pair{12s, 96}, {10s, 96}, {9s, 99}, {1s, 105}}) {
        Program p{{.newFilesOnly = false}, {.fileStreamMinRememberDuration = least}, "", 3s};
        p.at(107);
        Texts wanted;
        for (int t = 90; t <= 110; ++t) {
            auto const name = std::to_string(1000 + t);
            p.write(name, t);
            if (t > begin && t <= 108) wanted.push_back(name);
        }
        CHECK(p.at(108) == wanted);
    }
}

TEST_CASE("a file that was taken is not taken again while it is remembered")
{
    Program p{{}, {.fileStreamMinRememberDuration = 5s}};
    p.write("f", 101);
    CHECK(p.at(101) == Texts{"f"});
    p.write("f", 101.5);  // written again
    CHECK(p.at(102).empty());
    p.write("f", 106);
    CHECK(p.at(106).empty());  // the batch at 101 s is 5 s old: not older than the window
    p.write("f", 106.5);
    CHECK(p.at(107) == Texts{"f"});  // forgotten, and its time lies in the window: picked up again
}

TEST_CASE("nor while batches are remembered for longer than the window")
{
    Program p{{}, {.fileStreamMinRememberDuration = 5s}};
    p.context.remember(20s);
    p.write("f", 101);
    CHECK(p.at(101) == Texts{"f"});
    p.write("f", 106.5);
    CHECK(p.at(107).empty());
    p.write("f", 121.5);
    CHECK(p.at(122) == Texts{"f"});
}

TEST_CASE("a file that appears late is taken as long as its time lies in the window")
{
    Program p{{}, {.fileStreamMinRememberDuration = 5s}};
    CHECK(p.at(106).empty());
    p.write("late", 102.5);
    p.write("too late", 102);
    CHECK(p.at(107) == Texts{"late"});
}

TEST_CASE("hidden files are left out, unless a filter says what is taken: it sees the path")
{
    Program standard;
    standard.write(".hidden", 101);
    standard.write("shown", 101);
    CHECK(standard.at(101) == Texts{"shown"});

    Program p{{.filter = [](std::string const& path) { return path.ends_with("/.hidden") || path.ends_with(".log"); }}};
    p.write(".hidden", 101);
    p.write("shown", 101);
    p.write("a.log", 101);
    CHECK(p.at(101) == Texts{".hidden", "a.log"});
}

TEST_CASE("one partition a file, in the order of the bytes of their names; the paths are the positions")
{
    Program p;
    for (auto const* const name : {"b", "a", "Z", "a0"}) p.write(name, 101);
    p.dir.write("none", "", 101 * second);
    CHECK(p.at(101) == Texts{"Z", "a", "a0", "b"});
    CHECK(p.partitions == 5);
    CHECK(p.files == Texts{p.dir.path("Z"), p.dir.path("a"), p.dir.path("a0"), p.dir.path("b"), p.dir.path("none")});
}

TEST_CASE("listeners see the files, and no count of records")
{
    struct Inputs : StreamingListener {
        std::vector<StreamInputInfo> all;
        void onBatchCompleted(BatchCompleted const& e) override { all.push_back(e.batch.inputs.at(0)); }
    } inputs;
    Program p;
    p.context.addStreamingListener(inputs);
    p.write("a", 101);
    p.write("b", 101);
    p.at(102);
    p.context.stop();
    REQUIRE(inputs.all.size() == 2);
    CHECK(inputs.all[0].numRecords == 0);
    CHECK(inputs.all[0].description == p.dir.path("a") + '\n' + p.dir.path("b"));
    CHECK(inputs.all[1].description.empty());
}

TEST_CASE("directories are never taken, nor looked into")
{
    Program p;
    p.dir.makeDirectory("sub", 101 * second);
    p.write("sub/inner", 101);
    p.write("outer", 101);
    CHECK(p.at(101) == Texts{"outer"});
}

TEST_CASE("a directory that is missing is logged, and the batch is empty; it may come")
{
    Program p{{}, {}, "in"};
    CHECK(p.at(101).empty());
    CHECK(p.partitions == 0);
    CHECK(p.told == Texts{"fileStream: there is no directory " + p.dir.path("in")});
    CHECK(p.error().empty());
    p.dir.makeDirectory("in");
    p.dir.write("in/f", "there\n", 102 * second);
    CHECK(p.at(102) == Texts{"there"});
    CHECK(p.told.size() == 1);
    p.dir.remove("in");
    CHECK(p.at(103).empty());
}

TEST_CASE("whatever else goes wrong in looking is logged, the batch is empty, and the next one looks again")
{
    bool angry = true;
    Program p{{.filter = [&](std::string const& path) { return angry && path.ends_with('b') ? throw std::runtime_error{"angry"} : true; }}};
    p.write("a", 101);
    p.write("b", 101);
    CHECK(p.at(101).empty());
    CHECK(p.told == Texts{"fileStream: no file is taken: angry"});
    CHECK(p.error().empty());
    angry = false;
    CHECK(p.at(102) == Texts{"a", "b"});
}

TEST_CASE("looking for longer than a batch is logged")
{
    ManualClock const* clock = nullptr;
    Program p{{.filter = [&](std::string const&) {
        if (clock != nullptr) std::exchange(clock, nullptr)->setTime(Time{103s});
        return true;
    }}};
    p.write("a", 101);
    clock = &p.clock;
    p.at(101);
    CHECK(p.told == Texts{"fileStream: looking for files took 2000 ms, longer than the batch interval"});
}

TEST_CASE("a pattern of directories: their files, directory by directory; what appears later, too")
{
    Program p{{}, {}, "day-*"};
    CHECK(p.at(101).empty());
    CHECK(p.told.empty());  // a pattern may match nothing
    p.dir.makeDirectory("day-2");
    p.dir.makeDirectory("day-1");
    p.dir.makeDirectory("night");
    p.write("day-3", 102);  // a file
    p.dir.write("day-1/x", "1x\n", 102 * second);
    p.dir.write("day-2/a", "2a\n", 102 * second);
    p.dir.write("night/a", "na\n", 102 * second);
    CHECK(p.at(102) == Texts{"1x", "2a"});
    p.dir.makeDirectory("hidden");
    p.dir.write("hidden/y", "hy\n", 103 * second);
    std::filesystem::rename(p.dir.path("hidden"), p.dir.path("day-4"));
    CHECK(p.at(103) == Texts{"hy"});
}

TEST_CASE("a directory may be a URI of this machine; others are refused at the call")
{
    for (std::string const scheme : {"file://", "file:"}) {
        Temporary const dir;
        Program p{{}, {}, scheme + dir.path()};
        dir.write("f", "by URI\n", 101 * second);
        CHECK(p.at(101) == Texts{"by URI"});
    }
    testing::Harness harness;
    auto const text = "sluice::fileStream (" + std::string{__FILE__} + ':' + std::to_string(__LINE__ + 1) + "): a path is one of this machine";
    CHECK_THROWS_WITH_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "hdfs://host/in")), doctest::Contains(text.c_str()), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "s3a://bucket/*")), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "file://host/in")), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "")), InvalidArgument);
    CHECK(harness.context().core()->inputs().empty());
    testing::Harness none{{.fileStreamMinRememberDuration = 0s}};
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(none.context(), "/tmp")), InvalidArgument);
}

TEST_CASE("a file that vanishes before it is read is named, with batch and partition; the next batch goes on")
{
    Program p{{.filter = [](std::string const& path) { return !path.ends_with("gone") || std::filesystem::remove(path); }}};
    p.write("a", 101);
    p.write("gone", 101);
    p.at(101);
    auto const text = p.error();
    CHECK(text.starts_with("sluice::fileStream ("));
    CHECK(text.ends_with("batch 101000 ms, partition 1: sluice::io: cannot read " + p.dir.path("gone") + ": No such file or directory"));
    p.write("b", 102);
    CHECK(p.at(102) == Texts{"b"});
}

TEST_CASE("a compressed file is refused by its name")
{
    Program p;
    p.write("a.gz", 101);
    p.at(101);
    try {
        static_cast<void>(p.context.awaitTerminationOrTimeout(0s));
        FAIL("nothing thrown");
    } catch (StreamError const& error) {
        CHECK(std::string{error.what()}.ends_with(p.dir.path("a.gz") + " is compressed: read it by Gzip<Format> of <sluice/gzip.hpp>, or leave it out by a filter"));
        CHECK_THROWS_AS(std::rethrow_if_nested(error), Unsupported);
    }
    CHECK(p.at(102).empty());
}

TEST_CASE("a batch that is kept keeps the bytes, not the files; two outputs read a file once")
{
    Temporary const dir;
    ManualClock const clock{Time{100s}};
    std::vector<RDD<std::string_view>> kept;
    Texts second_output;
    {
        StreamingContext context{{.clock = clock, .exclusive = false}, 1s};
        auto const stream = fileStream<TextFormat>(context, dir.path());
        stream | foreachRDD([&](auto batch) {
            kept.push_back(batch);
            CHECK((batch | count()) == 2);
            dir.remove("f");
        });
        stream | foreachRDD([&](auto batch) { second_output = batch | collect(); });
        dir.write("f", "one\ntwo", 101 * second);
        context.start();
        clock.advance(1s);
        context.awaitBatches();
    }
    CHECK(second_output == Texts{"one", "two"});
    REQUIRE(kept.size() == 1);
    CHECK((kept[0] | collect()) == Texts{"one", "two"});
}

TEST_CASE("a format of one's own: a function of the bytes, or of bytes and path, to a range")
{
    struct Csv {
        std::vector<std::pair<std::string, int>> operator()(std::string_view bytes, std::string_view path) const
        {
            if (bytes == "bad") throw std::runtime_error{"no comma"};
            return {{std::string{path.substr(path.rfind('/') + 1)}, static_cast<int>(bytes.size())}};
        }
    };
    Temporary const dir;
    testing::Harness harness;
    std::vector<std::pair<std::string, int>> sizes;
    std::vector<char> bytes;
    fileStream<Csv>(harness.context(), dir.path()) | foreachRDD([&](auto batch) { sizes = batch | collect(); });
    fileStream(harness.context(), dir.path(), {}, [](std::string_view all) { return all; }) |
        foreachRDD([&](auto batch) { bytes = batch | collect(); });
    harness.start();
    dir.write("a", "ab", 1 * second);
    dir.write("b.gz", "c", 1 * second);  // its bytes are the format's care
    harness.advance(1s);
    CHECK(sizes == std::vector<std::pair<std::string, int>>{{"a", 2}, {"b.gz", 1}});
    CHECK(bytes == std::vector{'a', 'b', 'c'});
    dir.write("c", "bad", 2 * second);
    harness.advance(1s);
    try {
        static_cast<void>(harness.context().awaitTerminationOrTimeout(0s));
        FAIL("nothing thrown");
    } catch (StreamError const& error) {
        CHECK(std::string{error.what()}.ends_with("partition 0: " + dir.path("c") + ": no comma"));
        CHECK(std::string_view{error.label().kind} == "fileStream");
        CHECK_THROWS_WITH_AS(std::rethrow_if_nested(error), "no comma", std::runtime_error);
    }
}

TEST_CASE("lines that end at a lone CR, too, are a format")
{
    Temporary const dir;
    testing::Harness harness;
    Texts lines;
    fileStream(harness.context(), dir.path(), {}, splitLines(LoneCr::endsLine)) | foreachRDD([&](auto batch) { lines = batch | collect(); });
    harness.start();
    dir.write("a", "one\rtwo\n\rthree\r\nfour", 1 * second);
    harness.advance(1s);
    CHECK(lines == Texts{"one", "two", "", "three", "four"});
}

TEST_CASE("what an operator behind a format throws is the operator's")
{
    Temporary const dir;
    testing::Harness harness;
    fileStream(harness.context(), dir.path(), {}, [](std::string_view all) { return all; }) |
        map([](char c) { return c == 'x' ? throw std::runtime_error{"an x"} : c; }) | foreachRDD([](auto batch) { batch | collect(); });
    harness.start();
    dir.write("a", "xyz", 1 * second);
    harness.advance(1s);
    try {
        static_cast<void>(harness.context().awaitTerminationOrTimeout(0s));
        FAIL("nothing thrown");
    } catch (StreamError const& error) {
        CHECK(std::string_view{error.label().kind} == "map");
    }
}

TEST_CASE("records of a format that are made on the way are owned where they must be")
{
    Temporary const dir;
    testing::Harness harness{{.master = "local[3]"}};
    std::vector<std::pair<std::string, int>> counts;
    fileStream(harness.context(), dir.path(), {}, [](std::string_view all) { return Texts{std::string{all} + " but much longer than fits", "x"}; }) |
        map([](std::string const& s) { return std::pair{std::string_view{s}, 1}; }) | reduceByKey(std::plus{}, 1) |
        foreachRDD([&](auto batch) { counts = batch | collect(); });
    harness.start();
    for (auto const* const name : {"a", "b"}) dir.write(name, "same", 1 * second);
    harness.advance(1s);
    CHECK(counts == std::vector<std::pair<std::string, int>>{{"same but much longer than fits", 2}, {"x", 2}});
}

TEST_CASE("an interval clock has no clock to ask: new is what is newer than its first poll")
{
    Temporary const dir;
    IntervalClock clock{1s};
    Texts lines;
    fileStream<TextFormat>(clock, dir.path()) | foreachRDD([&](auto batch) { lines = batch | collect(); });
    dir.write("old", "old\n", 50 * second);
    dir.write("new", "new\n", 50 * second + 1);
    clock.poll(Time{50s});
    clock.poll(Time{51s});
    CHECK(lines == Texts{"new"});
}

TEST_CASE("any stream of its records")
{
    Temporary const dir;
    testing::Harness harness;
    Texts lines;
    DStream<std::string_view> const any = fileStream<TextFormat>(harness.context(), dir.path());
    any | transform([](auto batch) { return batch; }) | foreachRDD([&](auto batch) {
        lines = batch | take(3);
    });
    harness.start();
    dir.write("a", "1\n2\n", 1 * second);
    dir.write("b", "3\n4\n", 1 * second);
    harness.advance(1s);
    CHECK(lines == Texts{"1", "2", "3"});
}
