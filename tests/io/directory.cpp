#include <sluice/io/directory.hpp>

#include "temporary.hpp"

using namespace sluice;

namespace {

std::vector<std::string> pathsOf(std::optional<std::vector<io::FileInfo>> const& files)
{
    REQUIRE(files);
    std::vector<std::string> paths;
    for (auto const& file : *files) paths.push_back(file.path);
    return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("the files of a directory, in the order of their bytes, with their times")
{
    Temporary const dir;
    auto const b = dir.write("b", "", 1'234'567);
    auto const a = dir.write("a", "", 9'000'000'000'001);
    auto const upper = dir.write("Z", "", 0);
    auto const hidden = dir.write(".h", "", 5);
    CHECK(pathsOf(io::listFiles(dir.path())) == Paths{hidden, upper, a, b});
    auto const files = *io::listFiles(dir.path() + '/');
    REQUIRE(files.size() == 4);
    CHECK(files[0].path == hidden);
    CHECK(files[2].modified == 9'000'000'000'001);
    CHECK(files[3].modified == 1'234'567);
}

TEST_CASE("what is no file is left out; links to files are files")
{
    Temporary const dir;
    auto const file = dir.write("file", "", 1);
    dir.makeDirectory("sub");
    REQUIRE(::mkfifo(dir.path("pipe").c_str(), 0600) == 0);
    std::filesystem::create_symlink("file", dir.path("link"));
    std::filesystem::create_symlink("nowhere", dir.path("broken"));
    CHECK(pathsOf(io::listFiles(dir.path())) == Paths{file, dir.path("link")});
    CHECK(pathsOf(io::listFiles(dir.path("sub"))).empty());
}

TEST_CASE("what is not there, or no directory, has no list")
{
    Temporary const dir;
    CHECK(!io::listFiles(dir.path("none")));
    CHECK(!io::listFiles(dir.write("file", "", 1)));
}

TEST_CASE("a directory that cannot be listed is an error that names it")
{
    Temporary const dir;
    std::filesystem::create_symlink("loop", dir.path("loop"));
    CHECK_THROWS_AS(static_cast<void>(io::listFiles(dir.path("loop"))), StreamError);
}

TEST_CASE("a pattern matches directories alone, each once, in the order of their bytes")
{
    Temporary const dir;
    auto const b = dir.makeDirectory("day-b");
    auto const a = dir.makeDirectory("day-a");
    auto const upper = dir.makeDirectory("day-Z");
    dir.makeDirectory("other");
    dir.write("day-file", "", 1);
    CHECK(io::matchDirectories(dir.path("day-*")) == Paths{upper, a, b});
    CHECK(io::matchDirectories(dir.path("day-[ab]")) == Paths{a, b});
    CHECK(io::matchDirectories(dir.path("day-{b,a,a}")) == Paths{a, b});
    CHECK(io::matchDirectories(dir.path("day-f*")).empty());
    CHECK(io::matchDirectories(dir.path("none*")).empty());
    CHECK(io::matchDirectories(dir.path("none")) == Paths{dir.path("none")});
}
