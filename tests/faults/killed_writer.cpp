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

/// A writer that stands in the middle of its batch, and is killed when this goes.
class Writer {
public:
    Writer(std::string const& prefix, std::string const& master)
    {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        child_ = startWriter(prefix, master, ends[1]);
        ::close(ends[1]);
        REQUIRE(child_ > 0);
        char told = 1;
        ssize_t got = 0;
        while ((got = ::read(ends[0], &told, 1)) < 0 && errno == EINTR) {}
        ::close(ends[0]);
        CHECK(got == 1);
        CHECK(told == 0);
    }
    Writer(Writer const&) = delete;
    Writer& operator=(Writer const&) = delete;
    ~Writer()
    {
        ::kill(child_, SIGKILL);
        int status = 0;
        while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {}
        CHECK(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGKILL);
    }

private:
    pid_t child_ = 0;
};

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

TEST_CASE("a writer that is killed leaves no batch, only its hidden directory; the next run removes that, and writes the batch whole")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(std::string(master));
        Temporary const folder;
        {
            Writer const killed{folder.path("out"), master};
        }
        auto const hidden = folder.path(".out-1000.0");
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
        CHECK(entries(folder) == 1);
    }
}

TEST_CASE("a writer that is killed while it replaces a batch leaves the one that was there")
{
    Temporary const folder;
    write(folder.path("out"), "inline", [](int x) { return -x; });
    auto const before = bytesOf(folder.path("out-1000/part-00001"));
    {
        Writer const killed{folder.path("out"), "inline"};
    }
    CHECK(bytesOf(folder.path("out-1000/part-00001")) == before);
    write(folder.path("out"), "inline", [](int x) { return x; });
    CHECK(bytesOf(folder.path("out-1000/part-00001")) == lines(records / 2, records));
}

TEST_CASE(
    "what a writer that lives has written is not removed; what others have left is, by the next output of that name, and nothing else")
{
    Temporary const folder;
    for (std::string const other : {".out-1000.txt", ".out-1000.txt.0", ".out-x.0", ".out-.0", ".out-1000.x", ".other-1000.0"}) {
        folder.makeDirectory(other);
    }
    auto const others = entries(folder);
    folder.makeDirectory(".out-500.0");  // of batches that nobody runs again
    folder.makeDirectory(".out-1500.5.12");
    {
        Writer const living{folder.path("out"), "inline"};
        CHECK(entries(folder) == others + 1);
        write(folder.path("out"), "inline", [](int x) { return x; });
        CHECK(entries(folder) == others + 2);
        CHECK(bytesOf(folder.path(".out-1000.0/part-00001")).size() > 64 * 1024);
        CHECK(bytesOf(folder.path("out-1000/part-00001")) == lines(records / 2, records));
    }
    write(folder.path("out"), "inline", [](int x) { return x; });
    CHECK(entries(folder) == others + 1);
}
