#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/tail_text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/log_files.hpp"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

/// A program that follows files of a directory, batch by batch of a second.
struct Tail : LogFiles {
    std::mutex mutex;
    Texts told;   // warnings, and worse
    Texts hints;  // informations
    testing::Harness harness;
    Texts lines;
    std::vector<TailPosition> positions;
    std::size_t partitions = 0;

    explicit Tail(Config config = {}) : harness(with(std::move(config))) {}

    void follow(std::string const& pattern, TailTextFileOptions options = {})
    {
        tailTextFileStream(harness.context(), path(pattern), options) | foreachRDD([this](auto batch) {
            positions = positionsOf(batch);
            partitions = batch.numPartitions();
            lines = batch | collect();
        });
        harness.start();
    }
    Texts next(Duration d = 1s)
    {
        lines.clear();
        harness.advance(d);
        return lines;
    }

private:
    Config with(Config config)
    {
        config.log = [this](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            (entry.level == LogLevel::info ? hints : told).push_back(entry.text);
        };
        return config;
    }
};

}  // namespace

TEST_CASE("lines that are appended come with the next batch; half lines wait until they are whole")
{
    Tail tail;
    tail.append("log", "before\nhalf ");
    tail.follow("log");
    CHECK(tail.next().empty());
    tail.append("log", "a line\r\nsecond\nthi");
    CHECK(tail.next() == Texts{"half a line", "second"});
    CHECK(tail.next().empty());
    tail.append("log", "rd");
    CHECK(tail.next().empty());
    tail.append("log", "\n\n");
    CHECK(tail.next() == Texts{"third", ""});
    CHECK(tail.told.empty());
    CHECK(tail.hints.empty());
}

TEST_CASE("where it says so, it begins with the first line; the mark of UTF-8 is no part of it")
{
    Tail tail;
    tail.append("log",
                "\xef\xbb\xbf"
                "first\nsecond\n");
    tail.follow("log", {.from = TailFrom::beginning});
    CHECK(tail.next() == Texts{"first", "second"});
    CHECK(tail.positions.size() == 1);
    CHECK(tail.partitions == 2);
    tail.append("log", "third\n");
    CHECK(tail.next() == Texts{"third"});
    REQUIRE(tail.positions.size() == 1);
    CHECK(tail.positions[0].path == tail.path("log"));
    CHECK(tail.positions[0].begin == 16);
    CHECK(tail.positions[0].end == 22);
    CHECK(tail.positions[0].inode == io::lookAt(tail.path("log")).inode);
}

TEST_CASE("a file that is not there is told once, and read from its beginning when it comes")
{
    Tail tail;
    tail.follow("log");
    CHECK(tail.next().empty());
    CHECK(tail.next().empty());
    CHECK(tail.told == Texts{tail.path("log") + " is not there: it is read when it comes"});
    tail.append("log", "first\n");
    CHECK(tail.next() == Texts{"first"});
    tail.append("log", "last\n");
    tail.dir.remove("log");
    CHECK(tail.next() == Texts{"last"});
    CHECK(tail.next().empty());
    CHECK(tail.hints == Texts{tail.path("log") + " is not there any more: it is read on, as long as something is added"});
    tail.append("log", "again\n");
    CHECK(tail.next() == Texts{"again"});
    CHECK(tail.told.size() == 1);
}

TEST_CASE("rotation by renaming: the last lines of the old file, then the first of the new one, however often")
{
    Tail tail;
    tail.append("log", "0\n");
    tail.follow("log");
    tail.append("log", "a\n");
    CHECK(tail.next() == Texts{"a"});
    tail.append("log", "b\n");
    tail.rename("log", "log.1");
    tail.append("log.1", "c\n");
    tail.append("log", "d\n");
    CHECK(tail.next() == Texts{"b", "c", "d"});
    // Twice between two batches: what lay between was never seen under its name.
    tail.append("log", "e\n");
    tail.rename("log.1", "log.2");
    tail.rename("log", "log.1");
    tail.append("log", "f\n");
    tail.rename("log.2", "log.3");
    tail.rename("log.1", "log.2");
    tail.rename("log", "log.1");
    tail.append("log", "g\n");
    CHECK(tail.next() == Texts{"e", "f", "g"});
    // A writer that opens the new one late.
    tail.append("log.1", "of the old file\n");
    tail.append("log", "of the new file\n");
    CHECK(tail.next() == Texts{"of the old file", "of the new file"});
    CHECK(tail.told.empty());
}

TEST_CASE("rotation of both kinds between two batches: what was there before the file was truncated, what came then, and the new one")
{
    Tail tail;
    tail.append("log", "0\n");
    tail.follow("log");
    tail.append("log", "a\n");
    CHECK(tail.next() == Texts{"a"});
    tail.append("log", "b\n");
    tail.copyAndTruncate("log", "log.1");
    tail.append("log", "c\n");
    tail.rename("log.1", "log.2");
    tail.rename("log", "log.1");
    tail.append("log", "d\n");
    CHECK(tail.next() == Texts{"b", "c", "d"});
    tail.append("log", "e\n");
    CHECK(tail.next() == Texts{"e"});
    CHECK(tail.told.empty());
}

TEST_CASE(
    "rotation by renaming, by copying, and by renaming again between two batches: a copy is younger than the file that is renamed behind "
    "it")
{
    Tail tail;
    tail.append("log", "0\n");
    tail.follow("log");
    tail.append("log", "a\n");
    CHECK(tail.next() == Texts{"a"});
    tail.rename("log", "log.1");
    tail.append("log", "b\n");
    auto const born = io::lookAt(tail.path("log")).born;
    for (auto now = born; born != 0 && now == born;
         now = io::lookAt(tail.path("tick")).born) {  // until the kernel stamps files with another time
        std::filesystem::remove(tail.path("tick"));
        tail.append("tick", "");
    }
    tail.rename("log.1", "log.2");
    tail.copyAndTruncate("log", "log.1");
    tail.append("log", "c\n");
    tail.rename("log.2", "log.3");
    tail.rename("log.1", "log.2");
    tail.rename("log", "log.1");
    tail.append("log", "d\n");
    CHECK(tail.next() == Texts{"b", "c", "d"});
    tail.append("log", "e\n");
    CHECK(tail.next() == Texts{"e"});
    CHECK(tail.told.empty());
}

TEST_CASE("a writer that opens the new file late loses nothing, as long as a file is read on")
{
    Tail tail;
    tail.append("log", "0\n");
    tail.follow("log", {.rotatedFor = 3s});
    tail.rename("log", "log.1");
    tail.append("log", "");
    tail.append("log.1", "late, and ha");
    CHECK(tail.next().empty());
    tail.append("log.1", "lf\nha");
    CHECK(tail.next() == Texts{"late, and half"});
    tail.append("log", "new\n");
    tail.append("log.1", "lf");
    CHECK(tail.next() == Texts{"half", "new"});  // nobody writes on
    tail.append("log.1", "\nmore\n");
    CHECK(tail.next() == Texts{"", "more"});
    CHECK(tail.next(1s).empty());
    CHECK(tail.next(2s).empty());
    tail.append("log.1", "too late\n");
    CHECK(tail.next().empty());
}

TEST_CASE("rotation by dates, or with the extension kept, and into files that are removed or compressed at once")
{
    Tail tail;
    tail.append("a.log", "0\n");
    tail.follow("a.log");
    tail.append("a.log", "1\n");
    tail.rename("a.log", "a-2024-01-31.log");
    tail.append("a.log", "2\n");
    tail.rename("a.log", "a.log-20240201");
    tail.append("a.log.2.gz", "no text\n");
    tail.append("a.log.backup", "another file\n");
    tail.append("a.log", "3\n");
    tail.dir.remove("a-2024-01-31.log");
    CHECK(tail.next() == Texts{"1", "2", "3"});
}

TEST_CASE("rotation by copying and truncating: what was not read is read from the copy")
{
    Tail tail;
    tail.append("log", "0\n");
    tail.follow("log");
    tail.append("log", "a\n");
    CHECK(tail.next() == Texts{"a"});
    tail.append("log", "b\n");
    tail.copyAndTruncate("log", "log.1");
    CHECK(tail.next() == Texts{"b"});
    tail.append("log", "c\n");
    CHECK(tail.next() == Texts{"c"});
    // Longer than before, so that its size says nothing; and twice.
    tail.append("log", "d\n");
    tail.rename("log.1", "log.2");
    tail.copyAndTruncate("log", "log.1");
    tail.append("log", "e\n");
    tail.rename("log.2", "log.3");
    tail.rename("log.1", "log.2");
    tail.copyAndTruncate("log", "log.1");
    tail.append("log", "f, and more than there was\n");
    CHECK(tail.next() == Texts{"d", "e", "f, and more than there was"});
    CHECK(tail.next().empty());
    CHECK(tail.told.empty());
}

TEST_CASE("a copy of a file of which nothing was read yet")
{
    Tail tail;
    tail.append("log", "");
    tail.follow("log");
    CHECK(tail.next().empty());
    tail.append("log", "a\n");
    tail.copyAndTruncate("log", "log.1");
    CHECK(tail.next() == Texts{"a"});
    tail.append("log", "b\n");
    tail.rename("log.1", "log.2");
    tail.copyAndTruncate("log", "log.1");
    tail.append("log", "c\n");
    CHECK(tail.next() == Texts{"b", "c"});
}

TEST_CASE("a file that is truncated without a copy is told, and read from its beginning")
{
    Tail tail;
    tail.append("log", "0\n");
    tail.follow("log");
    tail.append("log", "some line\n");
    CHECK(tail.next() == Texts{"some line"});
    tail.truncate("log");
    tail.append("log", "new\n");
    CHECK(tail.next() == Texts{"new"});
    CHECK(tail.told ==
          Texts{tail.path("log") +
                " was truncated: it is read from its beginning; what was written before, and after it was last looked at, is lost"});
}

TEST_CASE("NULs of a writer that keeps its place in a truncated file are skipped, and told")
{
    Tail tail;
    std::ofstream writer{tail.path("log"), std::ios::binary};
    tail.follow("log");
    writer << std::string(100'000, 'x') << "\na\n" << std::flush;
    CHECK(tail.next() == Texts{std::string(100'000, 'x'), "a"});
    tail.truncate("log");
    writer << "b\n" << std::flush;
    CHECK(tail.next() == Texts{"b"});
    tail.truncate("log");
    CHECK(tail.next().empty());
    writer << "c\n" << std::flush;
    CHECK(tail.next() == Texts{"c"});
    REQUIRE(tail.told.size() == 4);
    CHECK(tail.told[1] ==
          tail.path("log") + ": 100003 NULs at its beginning are skipped: it was truncated, and its writer has kept its place");
    CHECK(tail.told[3] ==
          tail.path("log") + ": 100005 NULs at its beginning are skipped: it was truncated, and its writer has kept its place");
}

TEST_CASE("a pattern: all its files, those that come later, too; what was rotated away is not read again under its new name")
{
    Tail tail;
    tail.append("b.log", "0\n");
    tail.append("a.log", "0\n");
    tail.dir.makeDirectory("d.log");
    tail.append("z.log.gz", "1\n");
    tail.follow("*.log*");
    tail.append("b.log", "b1\n");
    tail.append("a.log", "a1\n");
    tail.append("c.log", "c1\n");
    auto lines = tail.next();
    std::sort(lines.begin(), lines.end());
    CHECK(lines == Texts{"a1", "b1", "c1"});
    tail.append("a.log", "a2\n");
    tail.rename("a.log", "a.log.1");
    tail.append("a.log", "a3\n");
    CHECK(tail.next() == Texts{"a2", "a3"});
    tail.append("b.log", "b2\n");
    tail.copyAndTruncate("b.log", "b.log.1");
    tail.append("b.log", "b3\n");
    CHECK(tail.next() == Texts{"b2", "b3"});
    tail.rename("c.log", "e.log");
    CHECK(tail.next().empty());
    tail.append("e.log", "c2\n");
    CHECK(tail.next() == Texts{"c2"});
    for (int i = 0; i < 100; ++i) CHECK(tail.next().empty());
    tail.append("a.log.1", "a4\n");  // it is a file of the pattern
    CHECK(tail.next() == Texts{"a4"});
    std::filesystem::copy_file(tail.path("a.log"), tail.path("a.log.2"));  // a rotation's copy: a.log is not truncated yet
    CHECK(tail.next().empty());
    CHECK(tail.hints[0] == tail.path("d.log") + " is left out: it is no regular file");
    CHECK(tail.hints[1] == tail.path("z.log.gz") + " is left out: its name says that it is compressed");
    CHECK(tail.told.empty());
}

TEST_CASE("a file that cannot be read is told once, and the others are read")
{
    if (::geteuid() == 0) return;  // who may read all
    Tail tail;
    tail.append("a.log", "a0\n");
    tail.append("b.log", "b0\n");
    REQUIRE(::chmod(tail.path("a.log").c_str(), 0) == 0);
    tail.follow("*.log");
    tail.append("b.log", "b1\n");
    CHECK(tail.next() == Texts{"b1"});
    CHECK(tail.next().empty());
    CHECK(tail.told == Texts{tail.path("a.log") + " cannot be read: Permission denied"});
    REQUIRE(::chmod(tail.path("a.log").c_str(), 0600) == 0);
    tail.append("a.log", "a1\n");
    CHECK(tail.next() == Texts{"a1"});
}

TEST_CASE("a file in a wide encoding is not read, and told")
{
    Tail tail;
    tail.follow("*.log");
    tail.append("a.log",
                "\xff\xfe"
                "a\0\n\0"s);
    tail.append("b.log", "b\n");
    CHECK(tail.next() == Texts{"b"});
    CHECK(tail.next().empty());
    CHECK(tail.told == Texts{tail.path("a.log") + " is not read: it begins with the byte order mark of UTF-16 (little-endian)"});
}

TEST_CASE("lines that are too long are left out, and told, wherever they lie")
{
    for (std::size_t const most : {5U, 5000U, 400'000U}) {
        CAPTURE(most);
        Tail tail;
        tail.append("log", "");
        tail.follow("log", {.maxLineBytes = most});
        auto const line = [](std::size_t n) { return std::string(n, 'x'); };
        tail.append("log", "a\n" + line(most) + "\n" + line(most + 1) + "\nb\n" + line(2 * most) + "\n" + line(3 * most));
        CHECK(tail.next() == Texts{"a", line(most), "b"});
        tail.append("log", line(most));
        CHECK(tail.next().empty());
        tail.append("log", "\nc\n");
        CHECK(tail.next() == Texts{"c"});
        CHECK(tail.told.size() >= 1);
        CHECK(tail.told[0].find("lines of more than " + std::to_string(most) +
                                " bytes (TailTextFileOptions::maxLineBytes) are left out: ") != std::string::npos);
    }
}

TEST_CASE("what is received and not yet processed is bounded, and so are lines a second; the rest comes later, in order")
{
    Texts wanted;
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        wanted.push_back("line " + std::to_string(i));
        text += wanted.back() + '\n';
    }
    for (auto const& config :
         {Config{.maxReceivedBytes = 5000}, Config{.receiverMaxRate = 300}, Config{.receiverMaxRate = 0.5, .maxReceivedBytes = 100}}) {
        Tail tail{config};
        tail.append("log", text);
        tail.append("other", "x\n");
        tail.follow("{log,other}", {.from = TailFrom::beginning});
        CAPTURE(config.receiverMaxRate);
        Texts all;
        std::size_t most = 0;
        for (int i = 0; i < 5000 && all.size() < 1001; ++i) {
            auto const lines = tail.next();
            if (lines.size() > most) most = lines.size();
            all.insert(all.end(), lines.begin(), lines.end());
        }
        CHECK(most <= (config.receiverMaxRate > 0 ? static_cast<std::size_t>(config.receiverMaxRate) + 1 : 600));
        REQUIRE(all.size() == 1001);
        std::erase(all, "x");
        CHECK(all == wanted);
    }
}

TEST_CASE("a line above the bound passes when it is alone")
{
    Tail tail{{.maxReceivedBytes = 1000}};
    tail.append("log", "");
    tail.follow("log");
    auto const longLine = std::string(600'000, 'x');
    tail.append("log", "a\n" + longLine + "\nb\n");
    CHECK(tail.next() == Texts{"a"});
    CHECK(tail.next() == Texts{longLine});
    CHECK(tail.next() == Texts{"b"});
}

TEST_CASE("listeners see how many lines came, and from where")
{
    struct Inputs : StreamingListener {
        std::vector<StreamInputInfo> all;
        void onBatchCompleted(BatchCompleted const& e) override { all.push_back(e.batch.inputs.at(0)); }
    } inputs;
    Tail tail;
    tail.append("log", "0\n");
    tail.harness.context().addStreamingListener(inputs);
    tail.follow("log");
    tail.append("log", "a\nb\n");
    CHECK(tail.next() == Texts{"a", "b"});
    tail.harness.context().stop();
    REQUIRE(inputs.all.size() == 1);
    CHECK(inputs.all[0].numRecords == 2);
    CHECK(inputs.all[0].description == tail.path("log") + ": bytes 2 to 6");
}

TEST_CASE("a path that cannot be followed is refused at the call")
{
    testing::Harness harness;
    auto const text =
        "sluice::tailTextFileStream (" + std::string{__FILE__} + ':' + std::to_string(__LINE__ + 1) + "): the path has no name";
    CHECK_THROWS_WITH_AS(static_cast<void>(tailTextFileStream(harness.context(), "")), text.c_str(), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(tailTextFileStream(harness.context(), "hdfs://host/log")), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(tailTextFileStream(harness.context(), "/tmp/log.gz")), Unsupported);
    CHECK_THROWS_AS(static_cast<void>(tailTextFileStream(harness.context(), "/tmp/log", {.maxLineBytes = 0})), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(tailTextFileStream(harness.context(), "/tmp/log", {.rotatedFor = -1s})), InvalidArgument);
    CHECK(harness.context().core()->inputs().empty());
}
