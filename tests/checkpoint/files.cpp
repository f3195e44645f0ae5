#include "../io/temporary.hpp"
#include "lives.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

// Files that appear in a directory, and a program that ends and begins again: each file belongs to one batch, and to that one again where
// it was not done.

namespace {

/// A directory, and one beside it for checkpoints, which outlast the processes.
struct Place {
    Temporary dir;

    Place() { dir.makeDirectory("in"); }
    void write(std::string const& name, double modified) const
    {
        auto const line = name.substr(name.rfind('/') + 1) + "\n";
        dir.write("in/" + name, line, static_cast<std::int64_t>(modified * 1e6));
    }
    void rename(std::string const& from, std::string const& to) const { std::filesystem::rename(in(from), in(to)); }
    [[nodiscard]] std::string in(std::string const& name = "") const { return dir.path(name.empty() ? "in" : "in/" + name); }
    [[nodiscard]] std::string checkpoints() const { return dir.path("checkpoints"); }
    /// So that what changed until now was changed before what comes: stamps are as coarse as ticks of the system's.
    void awaitTick() const
    {
        dir.write("tick", "", 0);
        auto const last = io::lookAt(dir.path("tick")).changed;
        while (io::detail::realTime(CLOCK_REALTIME_COARSE) <= last) {}
    }
    /// What is kept of the files.
    [[nodiscard]] std::map<std::string, std::string> entries() const
    {
        std::map<std::string, std::string> all;
        detail::CheckpointReader const reader{checkpoints(), [](std::string const& text) { FAIL(text); }};
        reader.each("files", [&](std::string_view key, std::string_view value) { all.emplace(key, value); });
        all.erase("");
        return all;
    }
};

struct Life : OneLife {
    Life(Place const& place, int begin, int end, int diesIn = 0, FileStreamOptions const& options = {},
         Config config = {.master = "inline"})
        : OneLife(place.checkpoints(), begin, end, diesIn, std::move(config),
                  [&](auto& ssc) { return textFileStream(ssc, place.in(), options) | named("files"); })
    {
    }
};

}  // namespace

TEST_CASE("each file is taken once, however often the program ends; those that come meanwhile are taken by the batches of that time")
{
    for (std::string const master : {"inline", "local[2]"}) {
        Place const place;
        place.write("before", 99);
        {
            Life const life{place, 100, 100, 0, {}, {.master = master}};  // no batch is done: but what is new is known
            CHECK(life.batches.empty());
        }
        place.write("a", 100.5);
        {
            Life const life{place, 100, 102, 0, {}, {.master = master}};
            CHECK(life.batches == Batches{{101, {"a"}}});
        }
        place.write("b", 105);
        place.write("c", 109.5);
        place.write("moved", 101.5);        // renamed into it
        place.rename("a", "another name");  // it was taken
        {
            Life const life{place, 110, 112, 0, {}, {.master = master}};
            CHECK(life.batches == Batches{{103, {"moved"}}, {105, {"b"}}, {110, {"c"}}});
            CHECK(life.warnings.empty());
            CHECK(countOf(life.hints, "another name is left out: it is the file that is, or was, ") == 1);
            CHECK(countOf(life.hints, "it was there before the stream") == 0);  // that has been told
        }
        Life const life{place, 112, 113, 0, {}, {.master = master}};
        CHECK(life.batches.empty());
        CHECK(life.warnings.empty());
    }
}

TEST_CASE("a batch that was not done has the same files again, whatever has come since")
{
    Place const place;
    {
        Life const life{place, 100, 101};
        CHECK(life.batches.empty());
    }
    place.write("b", 102);
    place.write("d", 102);
    {
        Life const life{place, 101, 103, 102};
        CHECK(life.batches == Batches{{102, {"b", "d"}}});
    }
    place.write("a", 102);
    place.write("c", 102);
    {
        Life const life{place, 103, 104, 102};  // and once more
        CHECK(life.batches == Batches{{102, {"b", "d"}}});
    }
    Life const life{place, 103, 104};
    CHECK(life.batches == Batches{{102, {"b", "d"}}, {103, {"a", "c"}}});
    CHECK(life.warnings.empty());
}

TEST_CASE("files of a batch that runs again, and have vanished or changed, are told by name; none of them is lost to later batches")
{
    Place const place;
    {
        Life const life{place, 100, 101};
    }
    for (auto const* const name : {"gone", "grown", "renamed", "replaced", "whole"}) place.write(name, 102);
    {
        Life const life{place, 101, 102, 102};
        CHECK(life.batches.size() == 1);
    }
    place.dir.remove("in/gone");
    place.dir.write("in/grown", "grown\nand more\n", 102'500'000);
    place.rename("renamed", "other name");
    place.write(".new", 103);
    place.rename(".new", "replaced");
    {
        Life const life{place, 103, 106};
        CHECK(life.batches == Batches{{102, {"grown", "and more", "whole"}}, {103, {"renamed", ".new"}}});
        CHECK(countOf(life.warnings, place.in("gone") + " is skipped: ") == 1);
        CHECK(countOf(life.warnings, place.in("renamed") + " is skipped: ") == 1);
        CHECK(countOf(life.warnings, place.in("replaced") + " is skipped: ") == 1);
        CHECK(countOf(life.warnings, place.in("grown") + " has changed since this batch had it before the restart") == 1);
    }
    place.write("gone", 102);  // it has come back
    Life const life{place, 106, 107};
    CHECK(life.batches == Batches{{107, {"gone"}}});
}

TEST_CASE("where it says so, a file that has vanished fails the batch that has it again")
{
    Place const place;
    place.write("a", 102);
    {
        Life const life{place, 101, 102, 102, {.newFilesOnly = false}};
    }
    place.dir.remove("in/a");
    Life const life{place, 102, 104, 0, {.newFilesOnly = false, .onBadFile = OnBadFile::fail}};
    CHECK(countOf(life.warnings, "cannot read " + place.in("a")) > 0);
    CHECK(life.batches.empty());
}

TEST_CASE("what was there before the first start, and was changed or replaced since, is new; its other names are not")
{
    Place const place;
    for (auto const* const name : {"kept", "rewritten", "renamed"}) place.write(name, 100);
    {
        Life const life{place, 100, 101};
        CHECK(life.batches.empty());
        CHECK(place.entries().size() == 3);
    }
    place.write("rewritten", 102);
    place.rename("renamed", "other");
    Life const life{place, 103, 104};
    CHECK(life.batches == Batches{{102, {"rewritten"}}});
    CHECK(life.warnings.empty());
}

TEST_CASE("what is kept follows the files of the time that is looked back, and what it costs the new ones")
{
    Place const place;
    Config const config{.master = "inline", .fileStreamMinRememberDuration = 3s};
    {
        for (int i = 0; i < 500; ++i) place.write("old" + std::to_string(i), 10);
        Life const life{place, 100, 101, 0, {}, config};
    }
    CHECK(place.entries().empty());  // too old to be taken for new
    for (int i = 0; i < 10; ++i) place.write("f" + std::to_string(i), 102);
    {
        Life const life{place, 101, 103, 0, {}, config};
        CHECK(life.batches.at(102).size() == 10);
    }
    CHECK(place.entries().size() == 10);
    place.awaitTick();
    place.dir.remove("in/f0");
    {
        Life const life{place, 103, 104, 0, {}, config};
    }
    CHECK(place.entries().size() == 10);
    {
        Life const life{place, 104, 140, 0, {}, config};
        CHECK(life.batches.empty());
        CHECK(life.warnings.empty());
    }
    CHECK(place.entries().empty());
    Life const life{place, 140, 142, 0, {}, config};  // those that were taken are too old now
    CHECK(life.batches.empty());
    CHECK(life.warnings.empty());
}

TEST_CASE("what came meanwhile, and is too old, is a warning; what was there already is none")
{
    Place const place;
    {
        Life const life{place, 100, 101};
    }
    place.write("early", 30);
    {
        Life const life{place, 101, 102};
        CHECK(life.batches.empty());
        CHECK(countOf(life.warnings, place.in("early") + " is left out: it is too old") == 1);
        place.awaitTick();
    }
    {
        Life const life{place, 102, 103};
    }
    Life const life{place, 103, 104};
    CHECK(life.warnings == Texts{});
    CHECK(countOf(life.hints, place.in("early") + " is left out: it is too old") == 1);
}

TEST_CASE("a file that may grow still has been seen as it is for as long as the clock says, not the batches")
{
    Place const place;
    {
        Life const life{place, 100, 101, 0, {.unchangedFor = 10s}};
    }
    place.write("a", 150);
    Life const life{place, 200, 215, 0, {.unchangedFor = 10s}};
    CHECK(life.batches == Batches{{210, {"a"}}});
    CHECK(life.warnings.empty());
}

TEST_CASE("two streams of one directory are known by their names, and without a name refused")
{
    Place const place;
    auto const run = [&](int begin, bool isNamed) {
        ManualClock clock{Time{begin * 1s}};
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, place.checkpoints());
        Texts all;
        auto const note = [&](auto batch) {
            for (auto const& line : batch | collect()) all.push_back(line);
        };
        textFileStream(ssc, place.in()) | named("one") | foreachRDD(note);
        auto second = textFileStream(ssc, place.in(), {.filter = [](std::string const& path) { return path.ends_with(".b"); }});
        if (isNamed) second | named("second") | foreachRDD(note);
        else second | foreachRDD(note);
        ssc.start();
        clock.advance(1s);
        ssc.awaitBatches();
        ssc.stop();
        return all;
    };
    CHECK_THROWS_WITH_AS(run(100, false), doctest::Contains("write `| named(\"…\")` behind sluice::textFileStream ("), IllegalState);
    CHECK(run(100, true).empty());
    place.write("x.a", 101.5);
    place.write("x.b", 101.5);
    CHECK(run(101, true) == Texts{"x.a", "x.b", "x.b"});
    CHECK(run(102, true).empty());
}
