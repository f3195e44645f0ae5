#include <sluice/io/socket.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/socket_stream.hpp>
#include <sluice/sources/socket_text_stream.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// A graceful stop at a random moment, of each kind of source: all that was accepted is processed, once. SLUICE_ROUNDS=1000 is the
// long run.

namespace {

int rounds()
{
    auto const* const text = std::getenv("SLUICE_ROUNDS");
    return text != nullptr ? std::atoi(text) : 15;
}

/// One context, and the numbers that its one output has seen.
struct Program {
    StreamingContext context;
    std::vector<int> seen;  // one job at a time writes to it

    explicit Program(int round)
        : context{{.master = round % 3 == 0   ? "inline"
                             : round % 3 == 1 ? "local[1]"
                                              : "local[2]",
                   .defaultParallelism = 1,
                   .maxReceivedBytes = round % 5 == 0 ? 64 * sizeof(int) : std::size_t{1} << 20,
                   .exclusive = false,
                   .log = silent},
                  1ms},
          moment_(static_cast<unsigned>(round))
    {
    }
    template <class Stream>
    void collectFrom(Stream&& numbers)
    {
        numbers | foreachRDD([this](auto batch) {
            for (int const x : batch | collect()) seen.push_back(x);
        });
    }
    /// Some time passes.
    void wait() { std::this_thread::sleep_for(std::chrono::microseconds{moment_() % 4000}); }
    void stop() { context.stop({.gracefully = true, .deadline = 100s}); }
    std::vector<int> sorted()
    {
        std::sort(seen.begin(), seen.end());
        return seen;
    }

private:
    std::minstd_rand moment_;
};

std::vector<int> upTo(int n)
{
    std::vector<int> all(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) all[static_cast<std::size_t>(i)] = i;
    return all;
}

/// It goes on storing a little when it is told to stop.
struct Slow : Receiver<int> {
    std::atomic<int>* taken;
    std::thread thread;
    explicit Slow(std::atomic<int>& count) : taken(&count) {}
    void onStart() override
    {
        thread = std::thread{[this] {
            for (int more = 15; more > 0;) {
                if (isStopped()) --more;
                if (store(taken->load())) ++*taken;
                else return;
            }
        }};
    }
    void onStop() override { thread.join(); }
};

/// Sends numbers of eight digits, a line each, until the peer is gone or n are sent; then the end.
void serve(io::Listener const& listener, io::Wakeup const& over, int n, std::atomic<bool>& all)
{
    auto const socket = listener.accept(over);
    if (!socket) return;
    try {
        for (int i = 0; i < n; ++i) {
            auto text = std::to_string(10'000'000 + i) + '\n';
            if (!socket.writeAll(text, over)) return;
        }
        socket.shutdownWrite();
        all = true;
    } catch (StreamError const&) {  // the reader has gone
    }
}

int numberOf(std::string_view line)
{
    int number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    return line.size() == 8 ? number - 10'000'000 : -1;  // a line that the stop has cut
}

/// Numbers from the front, each once; all of them where the peer had sent its end before the stop.
template <class Make>
void stopsSockets(Make const& make)
{
    for (int round = 0; round < rounds(); ++round) {
        CAPTURE(round);
        Program p{round};
        io::Listener const listener;
        io::Wakeup const over;
        std::atomic<bool> all = false;
        bool const ends = round % 2 == 0;
        int const n = ends ? 500 : 10'000'000;
        p.collectFrom(make(p.context, listener.port()));
        std::thread server{[&] { serve(listener, over, n, all); }};
        p.context.start();
        if (ends && round % 4 == 0) {
            while (!all) std::this_thread::yield();
        } else {
            p.wait();
        }
        bool const hadEnd = all && p.context.core()->inputs()[0]->received() > 0;  // and the connection was there
        p.stop();
        over.notify();
        server.join();
        auto seen = p.sorted();
        std::erase(seen, -1);
        CHECK(seen == upTo(static_cast<int>(seen.size())));
        if (hadEnd) CHECK(seen.size() == 500);
        CHECK(p.seen.size() <= seen.size() + 1);
    }
}

}  // namespace

TEST_CASE("a receiver with onStop, which waits for its thread")
{
    for (int round = 0; round < rounds(); ++round) {
        CAPTURE(round);
        Program p{round};
        std::atomic<int> taken = 0;
        p.collectFrom(receiverStream<int>(p.context, [&] { return Slow{taken}; }));
        p.context.start();
        p.wait();
        p.stop();
        CHECK(p.sorted() == upTo(taken));
    }
}

TEST_CASE("a receiver that runs until it is told to stop, and a little longer")
{
    for (int round = 0; round < rounds(); ++round) {
        CAPTURE(round);
        Program p{round};
        std::atomic<int> taken = 0;
        p.collectFrom(receiverStream<int>(p.context, [&](std::stop_token stop, Store<int>& store) {
            for (int more = 15; more > 0;) {
                if (stop.stop_requested()) --more;
                if (!store(taken.load())) return;
                ++taken;
            }
        }));
        p.context.start();
        p.wait();
        p.stop();
        CHECK(p.sorted() == upTo(taken));
    }
}

TEST_CASE("a channel that several threads push to, and one that is closed before")
{
    for (int round = 0; round < rounds(); ++round) {
        CAPTURE(round);
        Program p{round};
        auto [channel, numbers] = channelStream<int>(p.context);
        p.collectFrom(numbers);
        p.context.start();
        std::atomic<int> taken[2] = {};
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&, i, channel = channel] {
                while (channel.push(2 * taken[i] + i)) ++taken[i];
            });
        }
        p.wait();
        if (round % 4 == 3) channel.close();
        p.stop();
        for (auto& thread : threads) thread.join();
        std::vector<int> accepted;
        for (int i = 0; i < 2; ++i) {
            for (int k = 0; k < taken[i]; ++k) accepted.push_back(2 * k + i);
        }
        std::sort(accepted.begin(), accepted.end());
        CHECK(p.sorted() == accepted);
    }
}

TEST_CASE("a queue: what was pushed before the stop is processed, what is pushed later stays")
{
    for (int round = 0; round < rounds(); ++round) {
        CAPTURE(round);
        Program p{round};
        RDDQueue<int> queue;
        p.collectFrom(queueStream(p.context, queue, round % 2 == 0));
        p.context.start();
        std::atomic<bool> over = false;
        std::atomic<int> pushed = 0;
        std::thread pusher{[&] {
            for (int i = 0; !over; ++i) {
                queue.push({i});
                pushed = i + 1;
                std::this_thread::sleep_for(200us);
            }
        }};
        p.wait();
        int const before = pushed;
        p.stop();
        over = true;
        pusher.join();
        auto const seen = p.sorted();
        CHECK(seen == upTo(static_cast<int>(seen.size())));
        CHECK(seen.size() >= static_cast<std::size_t>(before));
        CHECK(seen.size() + queue.size() == static_cast<std::size_t>(pushed));
    }
}

TEST_CASE("dead letters of the last batches")
{
    for (int round = 0; round < rounds(); ++round) {
        CAPTURE(round);
        Program p{round};
        auto [letters, failed] = deadLetters<int>(p.context);
        auto [channel, numbers] = channelStream<int>(p.context);
        // The letters' output stands before the one that makes them: the last ones need a batch of their own.
        failed | map([](auto const& letter) { return letter.record; }) | foreachRDD([&p](auto batch) {
            for (int const x : batch | collect()) p.seen.push_back(x);
        });
        p.collectFrom(numbers | map([](int x) { return x % 2 == 0 ? x : throw std::runtime_error{"odd"}; }, letters));
        p.context.start();
        std::atomic<int> taken = 0;
        std::thread pusher{[&, channel = channel] {
            while (channel.push(taken)) ++taken;
        }};
        p.wait();
        p.stop();
        pusher.join();
        CHECK(p.sorted() == upTo(taken));
    }
}

TEST_CASE("lines of a socket, whose peer goes on sending or has sent its end")
{
    stopsSockets([](StreamingContext& context, int port) {
        return socketTextStream(context, "127.0.0.1", port) | map([](std::string_view line) { return numberOf(line); });
    });
}

TEST_CASE("records of a socket")
{
    stopsSockets([](StreamingContext& context, int port) {
        return socketStream<int>(context, "127.0.0.1", port, [](std::string_view bytes, Store<int>& store) {
            std::size_t used = 0;
            for (; bytes.size() - used >= 9; used += 9) store(numberOf(bytes.substr(used, 8)));
            return used;
        });
    });
}
