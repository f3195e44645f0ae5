#include <sluice/io/no_sigpipe.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>

#include <unistd.h>

using namespace sluice;

namespace {

/// A pipe that nobody reads.
struct Pipe {
    int ends[2];
    Pipe()
    {
        REQUIRE(::pipe(ends) == 0);
        ::close(ends[0]);
    }
    Pipe(Pipe const&) = delete;
    Pipe& operator=(Pipe const&) = delete;
    ~Pipe() { ::close(ends[1]); }

    [[nodiscard]] bool breaks() const { return ::write(ends[1], "x", 1) == -1 && errno == EPIPE; }
};

std::sig_atomic_t volatile raised = 0;

}  // namespace

TEST_CASE("a pipe that nobody reads is an error, and raises nothing; afterwards it does as before")
{
    struct sigaction before{};
    struct sigaction counting{};
    counting.sa_handler = [](int) { raised = raised + 1; };
    REQUIRE(::sigaction(SIGPIPE, &counting, &before) == 0);
    Pipe const pipe;
    {
        io::NoSigpipe const here;
        CHECK(pipe.breaks());
        CHECK(pipe.breaks());
        io::NoSigpipe const within;
        CHECK(pipe.breaks());
    }
    CHECK(raised == 0);
    CHECK(pipe.breaks());
    CHECK(raised == 1);
    ::sigaction(SIGPIPE, &before, nullptr);
}

TEST_CASE("a signal that waits for the program is left to it")
{
    sigset_t pipeSet;
    sigset_t before;
    ::sigemptyset(&pipeSet);
    ::sigaddset(&pipeSet, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipeSet, &before);
    ::pthread_kill(::pthread_self(), SIGPIPE);
    {
        io::NoSigpipe const here;
        CHECK(Pipe{}.breaks());
    }
    timespec const now{};
    CHECK(::sigtimedwait(&pipeSet, nullptr, &now) == SIGPIPE);
    CHECK(::sigtimedwait(&pipeSet, nullptr, &now) == -1);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
