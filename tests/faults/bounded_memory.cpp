#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/socket_text_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include <malloc.h>

using namespace sluice;
using namespace std::chrono_literals;

// A program whose senders could fill all memory: it holds what its bound says, and whoever sends waits. What it holds is read
// off the heap, whatever keeps it.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

#ifdef SANITIZED
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace {

constexpr std::size_t MiB = 1 << 20;

std::size_t heapBytes()
{
#ifdef SANITIZED
    return __sanitizer_get_current_allocated_bytes();
#else
    auto const info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

using Counts = std::pair<std::int64_t, std::int64_t>;  // records, bytes

/// A program whose input is as fast as it can be: how much came out of it, and how much its heap grew meanwhile.
struct Program {
    testing::Harness harness;
    std::atomic<std::int64_t> records = 0;
    std::atomic<std::int64_t> bytes = 0;

    explicit Program(std::size_t bound) : harness({.maxReceivedBytes = bound}) {}

    template <class Texts>
    void count(Texts texts)
    {
        texts | map([](std::string_view text) { return Counts{1, text.size()}; }) | foreachRDD([this](auto batch) {
            auto const add = [](Counts a, Counts b) { return Counts{a.first + b.first, a.second + b.second}; };
            auto const [r, b] = std::move(batch) | fold(Counts{}, add);
            bytes += b;
            records += r;
        });
        harness.start();
    }

    /// Runs a batch whenever the sender waits, until n records came out.
    std::size_t growthUntil(std::int64_t n, std::size_t before)
    {
        std::size_t most = before;
        while (records < n) {
            std::int64_t received = -1;
            harness.await("a sender that waits, or is done", [&] {
                auto const last = std::exchange(received, harness.context().core()->inputs()[0]->received());
                most = std::max(most, heapBytes());
                return last == received && received > records;
            });
            harness.advance(1s);
            most = std::max(most, heapBytes());
        }
        return most - before;
    }
};

/// Strings of a length, pushed by a thread of the host.
std::size_t growthOfPushed(std::size_t bound, std::int64_t n, std::size_t length)
{
    Program p{bound};
    auto [channel, texts] = channelStream<std::string>(p.harness.context());
    p.count(texts);
    auto const before = heapBytes();
    std::thread sender{[&, put = channel] {
        for (std::int64_t i = 0; i < n; ++i) put.push(std::string(length, 'x'));
    }};
    auto const growth = p.growthUntil(n, before);
    sender.join();
    CHECK(p.records == n);
    CHECK(p.bytes == n * static_cast<std::int64_t>(length));
    return growth;
}

/// Lines of a length, sent by a server.
std::size_t growthOfSent(std::size_t bound, std::int64_t n, std::size_t length)
{
    Program p{bound};
    io::Wakeup const wake;
    io::Listener const listener;
    p.count(socketTextStream(p.harness.context(), "127.0.0.1", listener.port()));
    auto const line = std::string(length, 'x') + '\n';
    std::string some;
    std::int64_t const atOnce = std::min<std::int64_t>(n, static_cast<std::int64_t>(64 * 1024 / line.size() + 1));
    for (std::int64_t i = 0; i < atOnce; ++i) some += line;
    auto const before = heapBytes();
    std::thread sender{[&] {
        auto const server = listener.accept(wake);
        for (std::int64_t sent = 0; sent < n; sent += atOnce) server.writeAll(some);
    }};
    auto const growth = p.growthUntil(n, before);
    sender.join();
    CHECK(p.bytes == p.records * static_cast<std::int64_t>(length));
    return growth;
}

}  // namespace

TEST_CASE("records of 1 byte, more than ten times the bound: pushed, and sent")
{
    CHECK(growthOfPushed(MiB, 400'000, 1) < 3 * MiB);
    CHECK(growthOfSent(MiB, 5'500'000, 1) < 4 * MiB);
}

TEST_CASE("records of 10 MiB, more than ten times the bound: pushed, and sent")
{
    CHECK(growthOfPushed(25 * MiB, 30, 10 * MiB) < 50 * MiB);
    CHECK(growthOfSent(25 * MiB, 30, 10 * MiB) < 80 * MiB);
}

TEST_CASE("records of 10 MiB, each above the bound: one at a time")
{
    CHECK(growthOfPushed(MiB, 10, 10 * MiB) < 25 * MiB);
    CHECK(growthOfSent(MiB, 10, 10 * MiB) < 50 * MiB);
}
