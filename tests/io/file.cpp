#include <sluice/io/file.hpp>

#include "temporary.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/resource.h>

using namespace sluice::io;
using sluice::StreamError;

namespace {

namespace fs = std::filesystem;

std::string bytesOf(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t entries(std::string const& path) { return static_cast<std::size_t>(std::distance(fs::directory_iterator{path}, {})); }

}  // namespace

TEST_CASE("a file writer gathers bytes, and writes all of them")
{
    Temporary const folder;
    FileWriter file{folder.path("file")};
    std::string expected;
    for (int i = 0; i < 50'000; ++i) {
        file.buffer() += std::to_string(i);
        file.flushIfFull();
        expected += std::to_string(i);
        if (i == 1000) CHECK(bytesOf(folder.path("file")).empty());
    }
    CHECK(bytesOf(folder.path("file")).size() > 64 * 1024);
    file.close();
    CHECK(bytesOf(folder.path("file")) == expected);
}

TEST_CASE("what fails names the file and the cause")
{
    Temporary const folder;
    CHECK_THROWS_WITH_AS(FileWriter{folder.path("none/file")},
                         ("sluice::io: making the file " + folder.path("none/file") + ": No such file or directory").c_str(), StreamError);
    FileWriter{folder.path("file")}.close();
    CHECK_THROWS_WITH_AS(FileWriter{folder.path("file")}, ("sluice::io: making the file " + folder.path("file") + ": File exists").c_str(),
                         StreamError);

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit const small{100, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    FileWriter large{folder.path("large")};
    large.buffer().assign(1000, 'x');
    CHECK_THROWS_WITH_AS(large.close(), ("sluice::io: writing " + folder.path("large") + ": File too large").c_str(), StreamError);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
}

TEST_CASE("a tree is removed with all that is in it, and links are not followed")
{
    Temporary const folder;
    folder.makeDirectory("kept");
    folder.write("kept/file", "", 0);
    fs::create_directories(folder.path("tree/a/b"));
    folder.write("tree/a/b/file", "bytes", 0);
    fs::create_directory_symlink(folder.path("kept"), folder.path("tree/link"));
    fs::create_symlink("nowhere", folder.path("tree/broken"));
    CHECK(exists(folder.path("tree/broken")));
    CHECK(removeTree(folder.path("tree")));
    CHECK(!exists(folder.path("tree")));
    CHECK(exists(folder.path("kept/file")));
    CHECK(removeTree(folder.path("tree")));
    CHECK(removeTree(folder.path("kept/file")));
    CHECK(!exists(folder.path("kept/file")));
}

TEST_CASE("a staged directory appears when it is committed, with those that lead to it")
{
    Temporary const folder;
    {
        StagedDirectory staged{folder.path("a/b/out/")};
        FileWriter file{staged.path("part")};
        file.buffer() += "bytes";
        file.close();
        CHECK(!exists(folder.path("a/b/out")));
        CHECK(entries(folder.path("a/b")) == 1);
        staged.commit();
        CHECK(bytesOf(folder.path("a/b/out/part")) == "bytes");
    }
    CHECK(bytesOf(folder.path("a/b/out/part")) == "bytes");
    CHECK(entries(folder.path("a/b")) == 1);
    CHECK((fs::status(folder.path("a/b/out")).permissions() & fs::perms::owner_all) == fs::perms::owner_all);
}

TEST_CASE("one that is not committed vanishes, and does not disturb another of the same place")
{
    Temporary const folder;
    StagedDirectory other{folder.path("out")};
    {
        StagedDirectory const staged{folder.path("out")};
        FileWriter{staged.path("part")}.close();
        CHECK(staged.path("") != other.path(""));
    }
    FileWriter{other.path("part")}.close();
    other.commit();
    CHECK(exists(folder.path("out/part")));
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("what is there is not replaced by commit, be it an empty directory; it is by commitOver")
{
    Temporary const folder;
    fs::create_directory(folder.path("out"));
    {
        StagedDirectory staged{folder.path("out")};
        CHECK_THROWS_WITH_AS(staged.commit(), ("sluice::io: making the directory " + folder.path("out") + ": File exists").c_str(),
                             StreamError);
    }
    CHECK(entries(folder.path()) == 1);
    folder.write("out/old", "old", 0);
    {
        StagedDirectory staged{folder.path("out")};
        FileWriter{staged.path("new")}.close();
        staged.commitOver();
        CHECK(!exists(folder.path("out/old")));
        CHECK(exists(folder.path("out/new")));
    }
    CHECK(exists(folder.path("out/new")));
    CHECK(entries(folder.path()) == 1);
    {
        StagedDirectory staged{folder.path("fresh")};
        staged.commitOver();
    }
    CHECK(exists(folder.path("fresh")));
}

TEST_CASE("a file system that can neither refuse nor exchange: what is there is refused, or removed, and then replaced")
{
    using sluice::io::detail::renameInSteps;
    Temporary const folder;
    auto const make = [&](std::string const& directory, std::string const& file) {
        folder.makeDirectory(directory);
        folder.write(directory + '/' + file, "", 0);
    };
    make("staged", "new");
    CHECK(renameInSteps(folder.path("staged"), folder.path("out"), RENAME_NOREPLACE) == 0);
    CHECK(exists(folder.path("out/new")));
    CHECK(entries(folder.path()) == 1);

    make("staged", "newer");
    CHECK(renameInSteps(folder.path("staged"), folder.path("out"), RENAME_NOREPLACE) == EEXIST);
    CHECK(exists(folder.path("out/new")));
    CHECK(exists(folder.path("staged/newer")));
    CHECK(renameInSteps(folder.path("staged"), folder.path("out"), RENAME_EXCHANGE) == 0);
    CHECK(!exists(folder.path("out/new")));
    CHECK(exists(folder.path("out/newer")));
    CHECK(entries(folder.path()) == 1);

    CHECK(renameInSteps(folder.path("staged"), folder.path("other"), RENAME_NOREPLACE) == ENOENT);
    fs::create_directory(folder.path("empty"));
    CHECK(renameInSteps(folder.path("out"), folder.path("empty"), RENAME_NOREPLACE) == EEXIST);
}

TEST_CASE("a directory that cannot be made is named")
{
    Temporary const folder;
    folder.write("file", "", 0);
    CHECK_THROWS_WITH_AS(StagedDirectory{folder.path("file/out")}, doctest::Contains("Not a directory"), StreamError);
}
