#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/socket_text_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

// A guest in somebody's process: a context with sockets, files, threads and failures leaves all that belongs to the whole
// process as it was.

namespace {

/// What an entry of /proc/self/<folder> is, by its number.
template <class F>
auto entries(char const* folder, F&& what)
{
    std::map<int, decltype(what(0))> all;
    for (auto const& entry : std::filesystem::directory_iterator{std::string("/proc/self/") + folder}) {
        auto const number = std::stoi(entry.path().filename().string());
        all.emplace(number, what(number));
    }
    return all;
}

/// What an open file is that stays open when this has looked.
std::map<int, std::string> openFiles()
{
    auto all = entries("fd", [](int fd) {
        std::error_code none;
        return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none).string();
    });
    std::erase_if(all, [](auto const& file) { return ::fcntl(file.first, F_GETFD) < 0; });
    return all;
}

std::string lineOf(std::string const& path, std::string const& start)
{
    std::ifstream file{path};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(start)) return line.substr(start.size());
    }
    return {};
}

struct Thread {
    std::string name;
    std::uint64_t blocked = 0;
};
std::map<int, Thread> threads()
{
    return entries("task", [](int id) {
        auto const folder = "/proc/self/task/" + std::to_string(id);
        auto const blocked = lineOf(folder + "/status", "SigBlk:");
        return Thread{lineOf(folder + "/comm", ""), blocked.empty() ? 0 : std::stoull(blocked, nullptr, 16)};
    });
}

/// What a process has once.
struct Process {
    std::array<void (*)(int), 65> handlers{};
    std::string blocked;
    std::map<int, std::string> files = openFiles();
    std::string folder = std::filesystem::current_path().string();
    std::string locale = std::setlocale(LC_ALL, nullptr);
    ::mode_t mask = ::umask(0);

    Process()
    {
        ::umask(mask);
        for (int signal = 1; signal < 65; ++signal) {
            struct sigaction action{};
            if (::sigaction(signal, nullptr, &action) == 0) handlers[static_cast<std::size_t>(signal)] = action.sa_handler;
        }
        sigset_t set;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
        for (int signal = 1; signal < 65; ++signal) blocked += ::sigismember(&set, signal) == 1 ? 'b' : '.';
    }
};

/// Standard output and error, into a file, as long as it lives.
class Printed {
public:
    explicit Printed(std::string path) : path_(std::move(path))
    {
        std::fflush(nullptr);
        int const file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        for (int fd : {1, 2}) {
            before_[fd - 1] = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
            ::dup2(file, fd);
        }
        ::close(file);
    }
    Printed(Printed const&) = delete;
    Printed& operator=(Printed const&) = delete;
    ~Printed()
    {
        std::fflush(nullptr);
        for (int fd : {1, 2}) {
            ::dup2(before_[fd - 1], fd);
            ::close(before_[fd - 1]);
        }
    }
    [[nodiscard]] std::uintmax_t bytes() const
    {
        std::fflush(nullptr);
        return std::filesystem::file_size(path_);
    }

private:
    std::string path_;
    int before_[2];
};

}  // namespace

TEST_CASE("a context with sockets, files, threads and failures leaves its process as it was, and prints nothing")
{
    Temporary const dir;
    Process const before;
    auto const threadsBefore = threads();
    std::uintmax_t printed = 1;
    std::vector<std::string> strangers;
    std::vector<std::string> unblocked;
    std::vector<std::string> inherited;
    std::size_t started = 0;
    int lines = 0;
    {
        Printed const output{dir.path("printed")};
        auto const filesBefore = openFiles();
        io::Wakeup const wake;
        io::Listener const listener;
        StreamingListener events;
        std::atomic<std::size_t> named = 0;
        testing::Harness harness{
            {.master = "local[3]", .onBatchFailure = proceed, .log = silent, .onThreadStart = [&](auto const&) { ++named; }}};
        auto& context = harness.context();
        std::filesystem::create_directory(dir.path("in"));
        auto const text = socketTextStream(context, "127.0.0.1", listener.port());
        text | foreachRDD([&](auto batch) { lines += static_cast<int>((std::move(batch) | collect()).size()); });
        text | saveAsTextFiles(dir.path("out"));
        textFileStream(context, dir.path("in")) | foreachRDD([](auto const&) { throw std::runtime_error{"an output fails"}; });
        receiverStream<int>(context, [](std::stop_token, Store<int> const&) { throw std::runtime_error{"a receiver fails"}; }) |
            foreachRDD([](auto const&) {});
        context.addStreamingListener(events);
        harness.start();
        {
            auto const peer = listener.accept(wake);
            peer.writeAll("to be\nor not\n");
            harness.awaitReceived(2);
            harness.advance(1s);
            for (auto const& [fd, path] : openFiles()) {
                if (filesBefore.count(fd) == 0 && (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) inherited.push_back(path);
            }
            harness.await("each thread to have its name", [&] { return named == threads().size() - threadsBefore.size(); });
            auto const wanted = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2};
            for (auto const& [id, thread] : threads()) {
                if (threadsBefore.count(id) > 0) continue;
                ++started;
                if (!thread.name.starts_with("sluice-")) strangers.push_back(thread.name);
                for (int const signal : wanted) {
                    if ((thread.blocked >> (signal - 1) & 1U) == 0) unblocked.push_back(thread.name + ' ' + std::to_string(signal));
                }
            }
        }
        harness.advance(1s);  // the peer is gone
        context.stop();
        CHECK_THROWS_AS(context.awaitTermination(), StreamError);
        printed = output.bytes();
    }
    Process const after;
    CHECK(lines == 2);
    CHECK(printed == 0);
    CHECK(started >= 5);  // two workers, two receivers, the listeners' one; the clock, jobs
    CHECK(strangers == std::vector<std::string>{});
    CHECK(unblocked == std::vector<std::string>{});
    CHECK(inherited == std::vector<std::string>{});
    CHECK(after.handlers == before.handlers);
    CHECK(after.blocked == before.blocked);
    CHECK(after.files == before.files);
    CHECK(after.folder == before.folder);
    CHECK(after.locale == before.locale);
    CHECK(after.mask == before.mask);
    CHECK(threads().size() == threadsBefore.size());
}
