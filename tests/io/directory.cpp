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

TEST_CASE("what a directory holds, in the order of its bytes, with times and sizes")
{
    Temporary const dir;
    auto const b = dir.write("b", "", 1'234'567);
    auto const a = dir.write("a", "123", 9'000'000'000'001);
    auto const upper = dir.write("Z", "", 0);
    auto const hidden = dir.write(".h", "", 5);
    CHECK(pathsOf(io::listDirectory(dir.path())) == Paths{hidden, upper, a, b});
    auto const files = *io::listDirectory(dir.path() + '/');
    REQUIRE(files.size() == 4);
    CHECK(files[0].path == hidden);
    CHECK(files[2].modified == 9'000'000'000'001'000);
    CHECK(files[2].size == 3);
    CHECK(files[3].modified == 1'234'567'000);
    CHECK(files[3].kind == io::FileKind::file);
}

TEST_CASE("links are what they lead to; what leads nowhere is unknown, and says why")
{
    Temporary const dir;
    dir.write("file", "", 1);
    dir.makeDirectory("sub");
    REQUIRE(::mkfifo(dir.path("pipe").c_str(), 0600) == 0);
    std::filesystem::create_symlink("file", dir.path("link"));
    std::filesystem::create_symlink("nowhere", dir.path("broken"));
    auto const all = *io::listDirectory(dir.path());
    REQUIRE(all.size() == 5);
    CHECK(all[0].kind == io::FileKind::unknown);
    CHECK(all[0].error == ENOENT);
    CHECK(all[1].kind == io::FileKind::file);
    CHECK(all[2].isSame(all[1]));
    CHECK(all[3].kind == io::FileKind::other);
    CHECK(all[4].kind == io::FileKind::directory);
    CHECK(pathsOf(io::listDirectory(dir.path("sub"))).empty());
}

TEST_CASE("a file is the same under another name, and changed where something was added; another one of its name is not the same")
{
    Temporary const dir;
    auto const before = io::lookAt(dir.write("a", "one", 1'000'000));
    std::filesystem::rename(dir.path("a"), dir.path("b"));
    CHECK(io::lookAt(dir.path("b")).isSame(before));
    CHECK(io::lookAt(dir.path("b")).isUnchanged(before));
    dir.write("b", "more", 1'000'000);
    CHECK(io::lookAt(dir.path("b")).isSame(before));
    CHECK(!io::lookAt(dir.path("b")).isUnchanged(before));
    dir.write("a", "one", 1'000'000);
    CHECK(!io::lookAt(dir.path("a")).isSame(before));
    io::FileInfo const unborn{.path = "a", .modified = 1, .size = 2, .device = 3, .inode = 4};
    auto other = unborn;
    CHECK(other.isSame(unborn));
    other.modified = 5;
    CHECK(!other.isSame(unborn));
    CHECK(io::lookAt(dir.path("none")).error == ENOENT);
}

TEST_CASE("what is not there, or no directory, has no list")
{
    Temporary const dir;
    CHECK(!io::listDirectory(dir.path("none")));
    CHECK(!io::listDirectory(dir.write("file", "", 1)));
}

TEST_CASE("a directory that cannot be listed is an error that names it")
{
    Temporary const dir;
    std::filesystem::create_symlink("loop", dir.path("loop"));
    CHECK_THROWS_AS(static_cast<void>(io::listDirectory(dir.path("loop"))), StreamError);
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
    CHECK(io::matchDirectories(dir.path("day-*/")) == Paths{upper, a, b});
    CHECK(io::matchDirectories(dir.path("none")) == Paths{dir.path("none")});
}

TEST_CASE("a pattern of paths matches files, too, in the order of their bytes whatever the locale")
{
    Temporary const dir;
    auto const b = dir.write("b.log", "", 1);
    auto const a = dir.write("a.log", "", 1);
    auto const upper = dir.write("Z.log", "", 1);
    dir.write("a.txt", "", 1);
    CHECK(io::matchPaths(dir.path("*.log")) == Paths{upper, a, b});
    CHECK(io::matchPaths(dir.path("none")) == Paths{dir.path("none")});
    CHECK(io::matchPaths(dir.path("none*")).empty());
}
