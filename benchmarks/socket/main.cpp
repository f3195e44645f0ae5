#include <sluice/io/socket.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/socket_text_stream.hpp>

#include "../suite.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>

#include <arpa/inet.h>
#include <sys/wait.h>

// Lines of 100 bytes from a process that sends as fast as it can are counted. What is compared is the CPU time of the process that receives,
// all its threads, its share of the kernel's included.

namespace {

using namespace sluice;
using namespace std::chrono_literals;

/// Sends so many bytes to each who connects, until it is killed.
class Sender {
public:
    explicit Sender(std::size_t bytes)
    {
        io::Listener listener;
        port_ = listener.port();
        child_ = ::fork();
        if (child_ != 0) return;
        std::string block;
        while (block.size() < std::size_t{1} << 20) block += std::string(99, static_cast<char>('a' + block.size() / 100 % 26)) + '\n';
        io::Wakeup const never;
        for (;;) {
            auto const socket = listener.accept(never);
            for (std::size_t left = bytes; left > 0;) {
                auto const n = std::min(left, block.size());
                socket.writeAll({block.data(), n});
                left -= n;
            }
        }
    }
    Sender(Sender const&) = delete;
    Sender& operator=(Sender const&) = delete;
    ~Sender()
    {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    [[nodiscard]] int port() const { return port_; }

private:
    int port_ = 0;
    ::pid_t child_ = -1;
};

std::int64_t countByHand(int port)
{
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) std::abort();
    static std::vector<char> buffer(256 << 10);
    std::int64_t lines = 0;
    for (ssize_t n = 0; (n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
        auto const* const end = buffer.data() + n;
        for (auto const* at = buffer.data();
             (at = static_cast<char const*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr; ++at) {
            ++lines;
        }
    }
    ::close(fd);
    return lines;
}

std::int64_t countBySluice(int port, std::int64_t expected)
{
    std::atomic<std::int64_t> lines = 0;
    StreamingContext context{{.master = "local[1]", .receiverRestartDelay = 1h, .exclusive = false, .log = silent}, 50ms};
    socketTextStream(context, "127.0.0.1", port) | count() | foreachRDD([&](auto batch) {
        batch | foreach ([&](std::int64_t n) { lines += n; });
        if (lines >= expected) lines.notify_all();
    });
    context.start();
    for (auto seen = lines.load(); seen < expected; seen = lines.load()) lines.wait(seen);
    context.stop();
    context.awaitTermination();
    return lines;
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite const suite{argc, argv};
    auto const bytes = (suite.isShort() ? std::size_t{1} : std::size_t{5}) * 200'000'000;
    auto const expected = static_cast<std::int64_t>(bytes / 100);
    Sender const sender{bytes};  // forks: before there are threads

    std::vector<double> hand;
    std::vector<double> own;
    std::vector<double> ratios;
    for (int i = 0; i < 10; ++i) {
        auto const begin = bench::processSeconds();
        bool right = countByHand(sender.port()) == expected;
        auto const middle = bench::processSeconds();
        right = countBySluice(sender.port(), expected) == expected && right;
        auto const end = bench::processSeconds();
        if (!right) return std::puts("fault\tsocket: lines are missing"), 1;
        if (i == 0) continue;
        hand.push_back(middle - begin);
        own.push_back(end - middle);
        ratios.push_back((end - middle) / (middle - begin));
    }
    bench::Cell const cell{"socket", "lines of 100 bytes, counted", "line", static_cast<double>(expected), {}};
    bench::printRow(cell, "process", bench::Kind::hand, "recv of 256 KiB, memchr", bench::median(hand), {1, 1, 1}, 0, "");
    bench::printRow(cell, "process", bench::Kind::sluice, "sluice", bench::median(own), bench::estimate(ratios), 1.10,
                    "recv of 256 KiB, memchr");
    return suite.exitCode();
}
