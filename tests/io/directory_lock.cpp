#include <sluice/io/directory_lock.hpp>

#include "temporary.hpp"

#include <csignal>
#include <optional>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

using namespace sluice::io;
using sluice::IllegalState;
using sluice::StreamError;

namespace {

/// A process that tries to lock a directory, and lives until it is ended.
class Other {
public:
    explicit Other(std::string const& directory)
    {
        int pipes[2];
        REQUIRE(::pipe(pipes) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            std::optional<DirectoryLock> lock;
            said = "locked";
            try {
                lock.emplace(directory);
            } catch (std::exception const& error) {
                said = error.what();
            }
            if (::write(pipes[1], said.data(), said.size()) < 0) ::_exit(1);
            ::close(pipes[1]);
            ::close(pipes[0]);
            for (;;) ::pause();
        }
        ::close(pipes[1]);
        char buffer[512];
        for (ssize_t n = 0; (n = ::read(pipes[0], buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<std::size_t>(n));
        ::close(pipes[0]);
    }
    Other(Other const&) = delete;
    Other& operator=(Other const&) = delete;
    ~Other() { kill(); }

    void kill()
    {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

    std::string said;

private:
    pid_t pid_ = 0;
};

std::string inUse(std::string const& directory, pid_t pid)
{
    return "sluice::io: the directory " + directory + " is in use by process " + std::to_string(pid);
}

}  // namespace

TEST_CASE("a directory is made, and locked until the lock goes")
{
    Temporary const folder;
    auto const directory = folder.path("a/b");
    {
        DirectoryLock const lock{directory};
        CHECK(exists(directory + "/lock"));
        CHECK(Other{directory}.said == inUse(directory, ::getpid()));
    }
    CHECK(Other{directory}.said == "locked");
}

TEST_CASE("the lock of a process that is killed is gone; a refused one names who has it")
{
    Temporary const folder;
    Other other{folder.path()};
    REQUIRE(other.said == "locked");
    CHECK_THROWS_WITH_AS(DirectoryLock{folder.path()}, inUse(folder.path(), other.pid()).c_str(), IllegalState);
    other.kill();
    DirectoryLock const lock{folder.path()};
}

TEST_CASE("one process has one lock of a directory, by whatever name, and one that is refused ends none")
{
    Temporary const folder;
    std::filesystem::create_directory_symlink(folder.path(), folder.path("link"));
    auto const link = folder.path("link");
    std::optional<DirectoryLock> lock{std::in_place, folder.path()};
    CHECK_THROWS_WITH_AS(DirectoryLock{link}, ("sluice::io: the directory " + link + " is in use by this process already").c_str(),
                         IllegalState);
    CHECK(Other{link}.said == inUse(link, ::getpid()));
    DirectoryLock const another{folder.path("another")};
    lock.reset();
    DirectoryLock const again{link};
}

TEST_CASE("a child that was forked does not keep the lock")
{
    Temporary const folder;
    std::optional<DirectoryLock> lock{std::in_place, folder.path()};
    int pipes[2];
    REQUIRE(::pipe(pipes) == 0);
    auto const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::close(pipes[1]);
        char none = 0;
        ::_exit(::read(pipes[0], &none, 1) == 0 ? 0 : 1);
    }
    lock.reset();
    CHECK(Other{folder.path()}.said == "locked");
    ::close(pipes[0]);
    ::close(pipes[1]);
    ::waitpid(child, nullptr, 0);
}

TEST_CASE("what is no directory, or cannot be made, is named")
{
    Temporary const folder;
    folder.write("file", "", 0);
    CHECK_THROWS_WITH_AS(DirectoryLock{folder.path("file")},
                         ("sluice::io: looking at the directory " + folder.path("file") + ": Not a directory").c_str(), StreamError);
    CHECK_THROWS_AS(DirectoryLock{folder.path("file/below")}, StreamError);
    CHECK_THROWS_AS(DirectoryLock{"/proc/none"}, StreamError);
}
