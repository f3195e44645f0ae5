#include <sluice/operators/map.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

// A process that is killed while it writes a batch: what it wrote is not taken for a batch, and is in nobody's way.

namespace {

constexpr int records = 200'000;

/// Writes one batch of two partitions; f sees each record before it is written.
template <class F>
void write(std::string const& prefix, std::string const& master, F const& f)
{
    testing::Harness harness{{.master = master}};
    std::vector<int> all(records);
    std::iota(all.begin(), all.end(), 0);
    testing::literalStream<int>(harness.context(), {std::move(all)}, 2) | map(f) | saveAsTextFiles(prefix);
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    harness.context().awaitTermination();
}

/// A process that says so when it has written a part of its batch, and then goes no further. No thread runs here when it
/// is forked: those of its context are its own.
pid_t startWriter(std::string const& prefix, std::string const& master, int tell)
{
    pid_t const parent = ::getpid();
    pid_t const child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    try {
        write(prefix, master, [tell](int x) {
            if (x == records - 1000) {
                if (::write(tell, "", 1) != 1) ::_exit(1);
                for (;;) ::pause();
            }
            return x;
        });
    } catch (...) {
    }
    ::_exit(1);
}

/// Starts one, and kills it there; its id.
pid_t killWriter(std::string const& prefix, std::string const& master)
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_t const child = startWriter(prefix, master, ends[1]);
    ::close(ends[1]);
    REQUIRE(child > 0);
    char told = 1;
    ssize_t got = 0;
    while ((got = ::read(ends[0], &told, 1)) < 0 && errno == EINTR) {}
    ::close(ends[0]);
    ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    CHECK(got == 1);
    CHECK(told == 0);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    return child;
}

std::string bytesOf(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string lines(int begin, int end)
{
    std::string text;
    for (int x = begin; x < end; ++x) text += std::to_string(x) + '\n';
    return text;
}

std::size_t entries(Temporary const& folder)
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder.path()}, {}));
}

}  // namespace

TEST_CASE("a writer that is killed leaves no batch, only its hidden directory; the next run writes the batch whole")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(std::string(master));
        Temporary const folder;
        pid_t const killed = killWriter(folder.path("out"), master);
        auto const hidden = folder.path(".out-1000." + std::to_string(killed) + ".0");
        CHECK(!std::filesystem::exists(folder.path("out-1000")));
        CHECK(entries(folder) == 1);
        CHECK(!std::filesystem::exists(hidden + "/_SUCCESS"));
        auto const part = bytesOf(hidden + "/part-00001");
        CHECK(part.size() > 64 * 1024);
        CHECK(lines(records / 2, records).starts_with(part));

        write(folder.path("out"), master, [](int x) { return x; });
        CHECK(bytesOf(folder.path("out-1000/part-00000")) == lines(0, records / 2));
        CHECK(bytesOf(folder.path("out-1000/part-00001")) == lines(records / 2, records));
        CHECK(std::filesystem::exists(folder.path("out-1000/_SUCCESS")));
        CHECK(entries(folder) == 2);  // what the dead one left is nobody's
    }
}

TEST_CASE("a writer that is killed while it replaces a batch leaves the one that was there")
{
    Temporary const folder;
    write(folder.path("out"), "inline", [](int x) { return -x; });
    auto const before = bytesOf(folder.path("out-1000/part-00001"));
    killWriter(folder.path("out"), "inline");
    CHECK(bytesOf(folder.path("out-1000/part-00001")) == before);
    write(folder.path("out"), "inline", [](int x) { return x; });
    CHECK(bytesOf(folder.path("out-1000/part-00001")) == lines(records / 2, records));
}
