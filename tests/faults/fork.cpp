#include <sluice/operators/count.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <cerrno>

#include <sys/wait.h>
#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

// A host that forks while its context runs: the child has none of the threads, and does what the context's comment allows.

namespace {

/// What the child ends with; -1 where it had to be ended.
template <class F>
int statusOf(F&& child)
{
    pid_t const id = ::fork();
    if (id == 0) {
        ::alarm(60);
        child();
        ::_exit(1);
    }
    REQUIRE(id > 0);
    int status = 0;
    while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a child leaves by _exit, or becomes another program, and its parent's context goes on")
{
    testing::Harness harness{{.master = "local[3]"}};
    auto const numbers = channelStream<int>(harness.context());
    std::int64_t seen = 0;
    numbers.stream | foreachRDD([&](auto batch) { seen += std::move(batch) | count(); });
    StreamingListener listener;
    harness.context().addStreamingListener(listener);
    harness.start();
    for (int round = 1; round <= 5; ++round) {
        numbers.channel.push(round);
        CHECK(statusOf([] { ::_exit(7); }) == 7);
        CHECK(statusOf([] { ::execl("/bin/sh", "sh", "-c", "exit 3", static_cast<char*>(nullptr)); }) == 3);
        harness.advance(1s);
        CHECK(seen == round);
    }
    harness.context().removeStreamingListener(listener);
}
