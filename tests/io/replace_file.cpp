#include <sluice/io/file_bytes.hpp>
#include <sluice/io/replace_file.hpp>

#include "temporary.hpp"

#include <csignal>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sluice::io;
using sluice::StreamError;

namespace {

std::string bytesOf(std::string const& path) { return std::string{FileBytes{path}.view()}; }

}  // namespace

TEST_CASE("a file is made, replaced, and may be empty; nothing is left beside it")
{
    Temporary const folder;
    replaceFile(folder.path("file"), "");
    CHECK(bytesOf(folder.path("file")).empty());
    std::string const large(3'000'000, 'x');
    replaceFile(folder.path("file"), large);
    CHECK(bytesOf(folder.path("file")) == large);
    replaceFile(folder.path("file"), "small");
    CHECK(bytesOf(folder.path("file")) == "small");
    CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
}

TEST_CASE("what a process that was killed left of its own does not disturb")
{
    Temporary const folder;
    folder.write(".file.new", "half of it", 0);
    replaceFile(folder.path("file"), "whole");
    CHECK(bytesOf(folder.path("file")) == "whole");
    CHECK_FALSE(exists(folder.path(".file.new")));
}

TEST_CASE("what fails leaves what was there, and names the file and the cause")
{
    Temporary const folder;
    replaceFile(folder.path("file"), "before");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit const small{100, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    auto const hidden = folder.path(".file.new");
    CHECK_THROWS_WITH_AS(replaceFile(folder.path("file"), std::string(1000, 'x')),
                         ("sluice::io: writing " + hidden + ": File too large").c_str(), StreamError);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    CHECK(bytesOf(folder.path("file")) == "before");
    CHECK_FALSE(exists(hidden));
    folder.makeDirectory("directory");
    CHECK_THROWS_WITH_AS(replaceFile(folder.path("directory"), "x"),
                         ("sluice::io: making the file " + folder.path("directory") + ": Is a directory").c_str(), StreamError);
    CHECK_FALSE(exists(folder.path(".directory.new")));
    CHECK_THROWS_AS(replaceFile(folder.path("none/file"), "x"), StreamError);
}

TEST_CASE("a process that is killed at any moment leaves the old bytes or the new ones")
{
    Temporary const folder;
    auto const path = folder.path("file");
    std::string const ones(200'000, '1');
    std::string const twos(200'000, '2');
    replaceFile(path, ones);
    int pipes[2];
    REQUIRE(::pipe(pipes) == 0);
    for (int round = 0; round < 20; ++round) {
        auto const child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            char const ready = 'r';
            for (bool first = true;; first = false) {
                replaceFile(path, twos);
                if (first && ::write(pipes[1], &ready, 1) != 1) ::_exit(1);
                replaceFile(path, ones);
            }
        }
        char ready = 0;
        REQUIRE(::read(pipes[0], &ready, 1) == 1);  // it is in the middle of it
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        auto const bytes = bytesOf(path);
        CHECK((bytes == ones || bytes == twos));
    }
    ::close(pipes[0]);
    ::close(pipes[1]);
}
