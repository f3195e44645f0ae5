#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split_lines.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

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
    Texts told;   // warnings, and worse
    Texts hints;  // informations
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
            (entry.level == LogLevel::info ? hints : told).push_back(entry.label.kind + ": "s + entry.text);
        };
        return config;
    }
};

}  // namespace

TEST_CASE("a file belongs to the first batch that sees it, whatever its time stamp")
{
    for (double const stamp : {99.0, 99.996, 100.0, 100.5, 101.0, 102.0, 1e9}) {
        CAPTURE(stamp);
        Program p;
        p.write("f", stamp);
        CHECK(p.at(101) == Texts{"f"});
        CHECK(p.at(102).empty());
        CHECK(p.partitions == 0);
        CHECK(p.at(300).empty());  // and never again
        CHECK(p.told.empty());
    }
}

TEST_CASE("files from before the stream are not new, whatever their time stamps, unless they change")
{
    Temporary const dir;
    ManualClock const clock{Time{100s}};
    StreamingContext context{{.clock = clock, .exclusive = false, .log = [](LogEntry const&) {}}, 1s};
    Texts lines;
    for (auto const* const name : {"old", "replaced", "rewritten", "renamed"}) dir.write(name, "before\n", 100 * second);
    dir.write("future", "before\n", 101 * second);
    fileStream<TextFormat>(context, dir.path()) | foreachRDD([&](auto batch) { lines = batch | collect(); });
    dir.write(".r", "replaced\n", 100 * second);
    std::filesystem::rename(dir.path(".r"), dir.path("replaced"));
    dir.write("rewritten", "rewritten\n", 100 * second);
    std::filesystem::rename(dir.path("renamed"), dir.path("another name"));
    context.start();
    clock.advance(1s);
    context.awaitBatches();
    CHECK(lines == Texts{"replaced", "rewritten"});
}

TEST_CASE("not only new files: those of the remembered window, and no older ones")
{
    Program p{{.newFilesOnly = false}};
    p.write("a", 38);  // the batch at 101 s looks back to 41 s, and stamps may be 2 s behind
    p.write("b", 40);
    p.write("c", 40.5);
    p.write("d", 41.000001);
    p.write("e", 99);
    CHECK(p.at(101) == Texts{"b", "d", "e"});
    CHECK(p.hints == Texts{"fileStream: " + p.dir.path("a") +
                               " is left out: it is too old, last changed at 38000 ms (Config::fileStreamMinRememberDuration)",
                           "fileStream: " + p.dir.path("c") +
                               " is left out: it is too old, last changed at 40500 ms (Config::fileStreamMinRememberDuration)"});
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
            p.write(name, t + 0.5);
            if (t >= begin) wanted.push_back(name);
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
    CHECK(p.told == Texts{"fileStream: " + p.dir.path("f") +
                          " has changed since the batch at 101000 ms took it: it is not read again while that is remembered"});
    p.write("f", 106);
    CHECK(p.at(106).empty());  // the batch at 101 s is 5 s old: not older than the window
    p.write("f", 106.5);
    CHECK(p.at(107) == Texts{"f"});  // forgotten, and its time lies in the window: picked up again
    CHECK(p.told.size() == 1);
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

TEST_CASE("a file that appears late is taken as long as its time lies in the window; then that is told, once")
{
    Program p{{}, {.fileStreamMinRememberDuration = 5s}};
    CHECK(p.at(106).empty());
    p.write("late", 102.5);
    p.write("too late", 101.5);
    CHECK(p.at(107) == Texts{"late"});
    CHECK(p.at(109).empty());
    CHECK(p.told == Texts{"fileStream: " + p.dir.path("too late") +
                          " is left out: it is too old, last changed at 101500 ms (Config::fileStreamMinRememberDuration)"});
}

TEST_CASE("what was written since the last look is never too old, however long ago that was, and however coarse stamps are")
{
    Program p{{}, {.fileStreamMinRememberDuration = 1s}};
    p.write("between", 101);
    CHECK(p.at(101) == Texts{"between"});
    Program late{{}, {.fileStreamMinRememberDuration = 1s, .catchUp = CatchUp::latest}};
    late.write("while nobody looked", 101);
    CHECK(late.at(300) == Texts{"while nobody looked"});
    late.write("in ticks of 2 s", 300);
    CHECK(late.at(301) == Texts{"in ticks of 2 s"});
    late.write("in ticks of the kernel", 300.996);
    CHECK(late.at(302) == Texts{"in ticks of the kernel"});
}

TEST_CASE("a file under another name is the same: it is taken once, be it renamed, linked or moved away and back")
{
    Program p{{}, {}, "day-*"};
    p.dir.makeDirectory("day-1");
    p.dir.makeDirectory("day-2");
    p.write("day-1/a", 101);
    std::filesystem::create_hard_link(p.dir.path("day-1/a"), p.dir.path("day-2/link"));
    CHECK(p.at(101) == Texts{"day-1/a"});
    std::filesystem::rename(p.dir.path("day-1/a"), p.dir.path("day-1/b"));
    CHECK(p.at(102).empty());
    std::filesystem::rename(p.dir.path("day-1/b"), p.dir.path("day-2/c"));
    p.write("day-1/b", 102.5);
    CHECK(p.at(103) == Texts{"day-1/b"});
    CHECK(p.hints.size() == 3);
    CHECK(p.hints[0] ==
          "fileStream: " + p.dir.path("day-2/link") + " is left out: it is the file that is, or was, " + p.dir.path("day-1/a"));
}

TEST_CASE("directories whose names begin alike are told apart by what is remembered")
{
    Program p{{}, {}, "day*/"};
    for (auto const* const name : {"day", "day-1", "day.2"}) {
        p.dir.makeDirectory(name);
        p.write(name + "/f"s, 101);
    }
    CHECK(p.at(101) == Texts{"day/f", "day-1/f", "day.2/f"});
    CHECK(p.at(102).empty());
    CHECK(p.hints.empty());
}

TEST_CASE("a file that may grow still waits until it has been as it is for so long")
{
    Program p{{.unchangedFor = 2s}};
    p.write("quiet", 101);
    p.write("growing", 101);
    CHECK(p.at(101).empty());
    CHECK(p.at(102).empty());
    p.dir.write("growing", "more\nand more\n", 101 * second);
    CHECK(p.at(103) == Texts{"quiet"});
    CHECK(p.at(104).empty());
    CHECK(p.at(105) == Texts{"more", "and more"});
    CHECK(p.hints == Texts{"fileStream: " + p.dir.path("growing") + " is left out: it may grow still (FileStreamOptions::unchangedFor)",
                           "fileStream: " + p.dir.path("quiet") + " is left out: it may grow still (FileStreamOptions::unchangedFor)"});
    testing::Harness harness;
    CHECK_THROWS_WITH_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "/tmp", {.unchangedFor = 60s})),
                         doctest::Contains("unchangedFor must be at least 0, and less"), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "/tmp", {.unchangedFor = -1s})), InvalidArgument);
}

TEST_CASE("what is left out is told once, by name and with its reason")
{
    Program p{{.filter = [](std::string const& path) { return !path.ends_with(".tmp"); }}};
    p.dir.makeDirectory("sub", 101 * second);
    p.write("a.tmp", 101);
    REQUIRE(::mkfifo(p.dir.path("pipe").c_str(), 0600) == 0);
    std::filesystem::create_symlink("nowhere", p.dir.path("link"));
    CHECK(p.at(103).empty());
    auto const line = [&](std::string const& name, std::string const& why) {
        return "fileStream: " + p.dir.path(name) + " is left out: " + why;
    };
    CHECK(p.hints == Texts{line("a.tmp", "FileStreamOptions::filter does not take it"),
                           line("link", "it has vanished, or is a link that leads nowhere"), line("pipe", "it is no regular file"),
                           line("sub", "it is a directory, and these are not looked into")});
    CHECK(p.told.empty());
    p.dir.remove("a.tmp");
    CHECK(p.at(104).empty());
    p.write("a.tmp", 104);  // another one
    CHECK(p.at(106).empty());
    CHECK(p.hints.size() == 5);
}

TEST_CASE("so many names are remembered that nothing is told twice, and no more")
{
    Program p;
    auto const hidden = p.dir.write(".hidden", "", 101 * second);
    for (int i = 1; i < 10'003; ++i) std::filesystem::create_hard_link(hidden, hidden + std::to_string(10'000 + i));
    p.write("shown", 101);
    CHECK(p.at(101) == Texts{"shown"});
    CHECK(p.at(102).empty());
    CHECK(p.hints.size() == 10'000);
    CHECK(p.told == Texts{"fileStream: more files are left out than are named here"});
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

TEST_CASE("listeners see the files, and how many records were read from them")
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
    p.context.stop({.gracefully = true});  // which tells listeners all, however slow they are
    REQUIRE(inputs.all.size() == 2);
    CHECK(inputs.all[0].numRecords == 2);
    CHECK(inputs.all[1].numRecords == 0);
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
    CHECK(p.at(102).empty());
    CHECK(p.told == Texts{"fileStream: there is no directory " + p.dir.path("in")});  // once
    CHECK(p.error().empty());
    p.dir.makeDirectory("in");
    p.dir.write("in/f", "there\n", 103 * second);
    CHECK(p.at(103) == Texts{"there"});
    CHECK(p.told.size() == 1);
    p.dir.remove("in");
    CHECK(p.at(104).empty());
    CHECK(p.told.size() == 2);
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
    int const line = __LINE__ + 1;
    auto const other = [&] { static_cast<void>(fileStream<TextFormat>(harness.context(), "hdfs://host/in")); };
    auto const text = "sluice::fileStream (" + std::string{__FILE__} + ':' + std::to_string(line) + "): a path is one of this machine";
    CHECK_THROWS_WITH_AS(other(), doctest::Contains(text.c_str()), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "s3a://bucket/*")), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "file://host/in")), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "hdfs:/in")), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "")), InvalidArgument);
    CHECK(harness.context().core()->inputs().empty());
    testing::Harness none{{.fileStreamMinRememberDuration = 0s}};
    CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(none.context(), "/tmp")), InvalidArgument);
}

TEST_CASE("a file that vanishes before it is read is skipped, and told; the others of its batch are read, and it may come back")
{
    bool angry = true;
    Program p{{.filter =
                   [&](std::string const& path) {
                       if (angry && path.ends_with("gone")) std::filesystem::rename(path, path + ".moved");
                       if (angry && path.ends_with("other")) std::filesystem::rename(path + ".r", path);
                       return !path.ends_with(".r") && !path.ends_with(".moved");
                   }},
              {.master = "inline"}};  // one file is read, and told of, after the other
    p.write("a", 101);
    p.write("gone", 101);
    p.write("other", 101);
    p.dir.write("other.r", "replaced\n", 101 * second);
    CHECK(p.at(101) == Texts{"a"});
    CHECK(p.error().empty());
    CHECK(p.told == Texts{"fileStream: " + p.dir.path("gone") + " is skipped: sluice::io: cannot read " + p.dir.path("gone") +
                              ": No such file or directory",
                          "fileStream: " + p.dir.path("other") + " is skipped: sluice::io: cannot read " + p.dir.path("other") +
                              ": it has become another file, which is taken by a later batch"});
    angry = false;
    std::filesystem::rename(p.dir.path("gone.moved"), p.dir.path("back"));
    CHECK(p.at(102) == Texts{"gone", "replaced"});
}

TEST_CASE("where it says so, a vanished file fails its batch: it is named, with batch and partition; the next batch goes on")
{
    Program p{{.filter = [](std::string const& path) { return !path.ends_with("gone") || std::filesystem::remove(path); },
               .onBadFile = OnBadFile::fail}};
    p.write("a", 101);
    p.write("gone", 101);
    p.at(101);
    p.write("b", 102);
    CHECK(p.at(102) == Texts{"b"});
    auto const text = p.error();
    CHECK(text.starts_with("sluice::fileStream ("));
    CHECK(text.ends_with("batch 101000 ms, partition 1: sluice::io: cannot read " + p.dir.path("gone") + ": No such file or directory"));
}

TEST_CASE("a damaged file fails its batch; where it says so it is skipped, and told once however many outputs read it")
{
    auto const run = [](OnBadFile onBadFile, auto const& format) {
        Temporary const dir;
        Texts told;
        Texts lines;
        testing::Harness harness{{.master = "inline", .log = [&](LogEntry const& entry) {
                                      if (entry.level == LogLevel::warning && entry.text.find(" is skipped: ") < entry.text.find("batch"))
                                          told.push_back(entry.text.substr(dir.path().size()));
                                  }}};
        auto const stream = fileStream(harness.context(), dir.path(), {.onBadFile = onBadFile}, format);
        stream | foreachRDD([&](auto batch) { lines = batch | map([](auto record) { return std::string(record); }) | collect(); });
        std::int64_t counted = 0;
        stream | foreachRDD([&](auto batch) { counted = batch | count(); });
        harness.start();
        dir.write("a", "abcd\n", 1);
        dir.write("b",
                  "\xff\xfe"
                  "b",
                  1);
        dir.write("c", "cdef\n", 1);
        dir.write("d.xz", "12345", 1);
        harness.advance(1s);
        CHECK(counted == static_cast<std::int64_t>(lines.size()));
        return std::pair{lines, told};
    };
    auto const startsWith = [](Texts const& all, Texts const& wanted) {
        REQUIRE(all.size() == wanted.size());
        for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].starts_with(wanted[i]));
    };
    auto const [lines, told] = run(OnBadFile::skip, TextFormat{});
    CHECK(lines == Texts{"abcd", "cdef"});
    startsWith(told, {"/b is skipped: ", "/d.xz is skipped: "});
    auto const [records, toldOfRecords] = run(OnBadFile::skip, FixedLengthFormat{5});
    CHECK(records == Texts{"abcd\n", "cdef\n"});
    startsWith(toldOfRecords, {"/b is skipped: ", "/d.xz is skipped: "});
    auto const [own, toldOfOwn] = run(OnBadFile::skip, [](std::string_view bytes) {
        return bytes.starts_with("\xff") || bytes == "12345" ? throw std::runtime_error{"no"} : Texts{std::string{bytes}};
    });
    CHECK(own == Texts{"abcd\n", "cdef\n"});
    startsWith(toldOfOwn, {"/b is skipped: no", "/d.xz is skipped: no"});
    for (auto const onBadFile : {OnBadFile::byKind, OnBadFile::fail}) {
        CHECK(run(onBadFile, TextFormat{}).first.empty());
        CHECK(run(onBadFile, splitLines()).second.empty());
    }
}

TEST_CASE("a compressed file is refused by its name, whatever has compressed it")
{
    for (auto const& [name, why] : std::vector<std::pair<std::string, std::string>>{
             {"a.gz", "gzip: it is read where a program includes <sluice/gzip.hpp>, or leave it out by FileStreamOptions::filter"},
             {"a.bz2", "bzip2, which is not read: unpack it first, or leave it out by FileStreamOptions::filter"},
             {"a.xz", "xz, which is not read: unpack it first, or leave it out by FileStreamOptions::filter"},
             {"a.zst", "zstd, which is not read: unpack it first, or leave it out by FileStreamOptions::filter"},
             {"a.lz4", "lz4, which is not read: unpack it first, or leave it out by FileStreamOptions::filter"},
             {"a.Z", "compress, which is not read: unpack it first, or leave it out by FileStreamOptions::filter"}}) {
        Program p;
        p.write(name, 101);
        p.at(101);
        try {
            static_cast<void>(p.context.awaitTerminationOrTimeout(0s));
            FAIL("nothing thrown");
        } catch (StreamError const& error) {
            CHECK(std::string{error.what()}.ends_with(p.dir.path(name) + " is compressed by " + why));
            CHECK_THROWS_AS(std::rethrow_if_nested(error), Unsupported);
        }
        CHECK(p.at(102).empty());
    }
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
    fileStream(harness.context(), dir.path(), {}, splitLines(LoneCr::endsLine)) |
        foreachRDD([&](auto batch) { lines = batch | collect(); });
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
    fileStream(harness.context(), dir.path(), {},
               [](std::string_view all) { return Texts{std::string{all} + " but much longer than fits", "x"}; }) |
        map([](std::string const& s) { return std::pair{std::string_view{s}, 1}; }) | reduceByKey(std::plus{}, 1) |
        foreachRDD([&](auto batch) { counts = batch | collect(); });
    harness.start();
    for (auto const* const name : {"a", "b"}) dir.write(name, "same", 1 * second);
    harness.advance(1s);
    CHECK(counts == std::vector<std::pair<std::string, int>>{{"same but much longer than fits", 2}, {"x", 2}});
}

TEST_CASE("an interval clock has no clock to ask: new is what was not there when the stream was made")
{
    Temporary const dir;
    IntervalClock clock{1s};
    Texts lines;
    dir.write("old", "old\n", 50 * second);
    fileStream<TextFormat>(clock, dir.path()) | foreachRDD([&](auto batch) { lines = batch | collect(); });
    dir.write("new", "new\n", 50 * second);
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
    any | transform([](auto batch) { return batch; }) | foreachRDD([&](auto batch) { lines = batch | take(3); });
    harness.start();
    dir.write("a", "1\n2\n", 1 * second);
    dir.write("b", "3\n4\n", 1 * second);
    harness.advance(1s);
    CHECK(lines == Texts{"1", "2", "3"});
}
