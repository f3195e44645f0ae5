#include "../io/log_files.hpp"
#include "lives.hpp"

#include <fstream>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

// Logs that grow and are rotated, and a program that ends and begins again: each line belongs to one batch, and to that one again where it
// was not done.

namespace {

/// Logs, and a directory for checkpoints beside them, which outlast the processes.
struct Logs : LogFiles {
    Logs() : LogFiles("log") {}
};

struct Life : OneLife {
    Life(Logs const& logs, int begin, int end, int diesIn = 0, std::string const& pattern = "a", TailTextFileOptions const& options = {},
         Config config = {.master = "inline"})
        : OneLife(logs.dir.path("checkpoints"), begin, end, diesIn, std::move(config),
                  [&](auto& ssc) { return tailTextFileStream(ssc, logs.path(pattern), options) | named("lines"); })
    {
    }
};

}  // namespace

TEST_CASE("a log is read on from where it was, however often the program ends; half lines wait")
{
    for (std::string const master : {"inline", "local[2]"}) {
        Logs const logs;
        logs.append("a", "before\nhalf ");
        Config const config{.master = master};
        {
            Life const life{logs, 100, 100, 0, "a", {}, config};  // no batch is done: but where it begins is known
        }
        logs.append("a", "a line\nsecond\nth");
        {
            Life const life{logs, 100, 102, 0, "a", {}, config};
            CHECK(life.batches == Batches{{101, {"half a line", "second"}}});
        }
        logs.append("a", "ird\nfourth\n");
        {
            Life const life{logs, 110, 111, 0, "a", {}, config};
            CHECK(life.batches == Batches{{103, {"third", "fourth"}}});
        }
        Life const life{logs, 111, 112, 0, "a", {}, config};
        CHECK(life.batches.empty());
        CHECK(life.warnings.empty());
    }
}

TEST_CASE("rotated while there was no process: the rest of the old file, those between, and the new one")
{
    Logs const logs;
    logs.append("a", "");
    {
        Life const life{logs, 100, 101};
    }
    logs.append("a", "1\n2\n");
    {
        Life const life{logs, 101, 102};
        CHECK(life.batches == Batches{{102, {"1", "2"}}});
    }
    logs.append("a", "3\n");
    logs.rename("a", "a.1");
    logs.append("a", "4\n");
    logs.rename("a.1", "a.2");
    logs.rename("a", "a.1");
    logs.append("a", "5\n6");
    {
        Life const life{logs, 110, 111};
        CHECK(life.batches == Batches{{103, {"3", "4", "5"}}});
        CHECK(life.warnings.empty());
    }
    logs.append("a.1", "late\n");  // by a writer that opens the new one late
    logs.append("a", "\n");
    Life const life{logs, 111, 200};
    CHECK(life.batches == Batches{{112, {"late", "6"}}});
    CHECK(life.warnings.empty());
}

TEST_CASE("copied and truncated while there was no process: what was not read yet is read from the copy")
{
    Logs const logs;
    {
        Life const life{logs, 100, 101};
    }
    logs.append("a", "1\n2\n");
    {
        Life const life{logs, 101, 102};
        CHECK(life.batches == Batches{{102, {"1", "2"}}});
    }
    logs.append("a", "3\n");
    logs.copyAndTruncate("a", "a.1");
    logs.append("a", "4\n");
    {
        Life const life{logs, 103, 104};
        CHECK(life.batches == Batches{{103, {"3", "4"}}});
        CHECK(life.warnings.empty());
    }
    logs.append("a", "5\n");
    Life const life{logs, 104, 105};
    CHECK(life.batches == Batches{{105, {"5"}}});
    CHECK(life.warnings.empty());
}

TEST_CASE("a file that is lost meanwhile is told by its name, and how far it was read; the new one is read from its beginning")
{
    Logs const logs;
    logs.append("a", "0\n");
    {
        Life const life{logs, 100, 101, 0, "a", {.from = TailFrom::beginning}};
        CHECK(life.batches == Batches{{101, {"0"}}});
    }
    logs.append("a", "lost\n");
    logs.rename("a", "a.1");
    logs.append("a", "new\n");
    logs.dir.remove("log/a.1");
    Life const life{logs, 102, 103};
    CHECK(life.batches == Batches{{102, {"new"}}});
    REQUIRE(life.warnings.size() == 1);
    CHECK(life.warnings[0] == logs.path("a") + ", which was followed before the restart, is not there any more: what was written to it " +
                                  "behind byte 2 is lost");
}

TEST_CASE("a file that has become another one, with the same bytes, is read on; with other bytes it was truncated")
{
    Logs const logs;
    logs.append("a", "0\n1\n");
    {
        Life const life{logs, 100, 101, 0, "a", {.from = TailFrom::beginning}};
    }
    std::filesystem::copy_file(logs.path("a"), logs.path("copy"));
    logs.rename("copy", "a");
    logs.append("a", "2\n");
    {
        Life const life{logs, 102, 103};
        CHECK(life.batches == Batches{{102, {"2"}}});
        CHECK(life.warnings.empty());
    }
    std::ofstream{logs.path("a"), std::ios::binary} << "others\nof them\n";  // written anew
    Life const life{logs, 104, 105};
    CHECK(life.batches == Batches{{104, {"others", "of them"}}});
    CHECK(countOf(life.warnings, logs.path("a") + " was truncated: it is read from its beginning") == 1);
}

TEST_CASE("a batch that was not done has the same lines again, although more have come, and the log was rotated")
{
    for (bool const copies : {false, true}) {
        CAPTURE(copies);
        Logs const logs;
        logs.append("a", "");
        {
            Life const life{logs, 100, 101};
        }
        logs.append("a", "1\n2\nthr");
        {
            Life const life{logs, 101, 103, 102};
            CHECK(life.batches == Batches{{102, {"1", "2"}}});
        }
        logs.append("a", "ee\n4\n");
        {
            Life const life{logs, 102, 103, 102};  // and once more
            CHECK(life.batches == Batches{{102, {"1", "2"}}});
        }
        if (copies) logs.copyAndTruncate("a", "a.1");
        else logs.rename("a", "a.1");
        logs.append("a", "5\n");
        {
            Life const life{logs, 103, 104};
            CHECK(life.batches == Batches{{102, {"1", "2"}}, {103, {"three", "4", "5"}}});
            CHECK(life.warnings.empty());
        }
        logs.append("a", "6\n");
        Life const life{logs, 104, 105};
        CHECK(life.batches == Batches{{105, {"6"}}});
        CHECK(life.warnings.empty());
    }
}

TEST_CASE("a batch in which a rotation was found, and that was not done, has the lines of both files again")
{
    for (bool const copies : {false, true}) {
        CAPTURE(copies);
        Logs const logs;
        logs.append("a", "0\n");
        {
            Life const life{logs, 100, 101};
        }
        logs.append("a", "1\n");
        {
            Life const life{logs, 101, 102};
            CHECK(life.batches == Batches{{102, {"1"}}});
        }
        logs.append("a", "2\n");
        if (copies) logs.copyAndTruncate("a", "a.1");
        else logs.rename("a", "a.1");
        logs.append("a", "3\n");
        {
            Life const life{logs, 102, 103, 103};
            CHECK(life.batches == Batches{{103, {"2", "3"}}});
        }
        logs.rename("a.1", "a.2");
        logs.rename("a", "a.1");
        logs.append("a", "4\n");
        {
            Life const life{logs, 103, 200};
            CHECK(life.batches == Batches{{103, {"2", "3"}}, {104, {"4"}}});
            CHECK(life.warnings.empty());
        }
        Life const life{logs, 200, 202};
        CHECK(life.batches.empty());
    }
}

TEST_CASE("lines of a batch that runs again, and are not there any more, are told with their file and bytes")
{
    Logs const logs;
    logs.append("a", "0\n");
    {
        Life const life{logs, 100, 101};
    }
    logs.append("a", "1\n2\n");
    {
        Life const life{logs, 101, 102, 102};
        CHECK(life.batches == Batches{{102, {"1", "2"}}});
    }
    logs.dir.remove("log/a");
    logs.append("a", "new\n");
    Life const life{logs, 102, 103};
    CHECK(life.batches == Batches{{103, {"new"}}});
    CHECK(countOf(life.warnings, logs.path("a") + ": bytes 2 to 6, which this batch had before the restart, are not there any more") == 1);
}

TEST_CASE("lines that are too long are left out of a batch that runs again, too, and so is their end")
{
    Logs const logs;
    logs.append("a", "");
    TailTextFileOptions const options{.maxLineBytes = 10};
    {
        Life const life{logs, 100, 101, 0, "a", options};
    }
    logs.append("a", "short\n" + std::string(50, 'x'));
    {
        Life const life{logs, 101, 102, 102, "a", options};
        CHECK(life.batches == Batches{{102, {"short"}}});
    }
    logs.append("a", "x\nnext\n");
    Life const life{logs, 102, 103, 0, "a", options};
    CHECK(life.batches == Batches{{102, {"short"}}, {103, {"next"}}});
}

TEST_CASE("a pattern: each log goes on where it was, and those that came meanwhile are read from their beginnings")
{
    Logs const logs;
    logs.append("a.log", "a0\n");
    logs.append("b.log", "b0\n");
    logs.append("c.log", "c0\n");
    {
        Life const life{logs, 100, 101, 0, "*.log"};
    }
    logs.append("a.log", "a1\n");
    logs.append("b.log", "b1\n");
    {
        Life const life{logs, 101, 102, 0, "*.log"};
        CHECK(life.batches == Batches{{102, {"a1", "b1"}}});
    }
    logs.append("b.log", "b2\n");
    logs.rename("b.log", "z.log");
    logs.append("b.log", "of the new one\n");
    logs.append("d.log", "d1\n");
    logs.dir.remove("log/c.log");
    {
        Life const life{logs, 102, 103, 0, "*.log"};
        CHECK(life.batches == Batches{{103, {"b2", "of the new one", "d1"}}});
        CHECK(countOf(life.warnings, logs.path("c.log") + ", which was followed") == 1);
    }
    logs.append("z.log", "late\n");
    logs.append("a.log", "a2\n");
    Life const life{logs, 103, 104, 0, "*.log"};
    CHECK(life.batches.size() == 1);
    CHECK(life.batches.at(104).size() == 2);
    CHECK(life.warnings.empty());
}

TEST_CASE("what a limit has left in the files comes with later batches, in another process, too")
{
    Logs const logs;
    logs.append("a", "");
    Config const config{.master = "inline", .receiverMaxRate = 2};
    {
        Life const life{logs, 100, 101, 0, "a", {}, config};
    }
    logs.append("a", "1\n2\n3\n4\n5\n");
    {
        Life const life{logs, 101, 102, 102, "a", {}, config};
        CHECK(life.batches == Batches{{102, {"1", "2"}}});
    }
    Life const life{logs, 103, 105, 0, "a", {}, config};
    CHECK(life.batches == Batches{{102, {"1", "2"}}, {103, {"3", "4"}}, {104, {"5"}}});
}
