#include <sluice/operators/count.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/socket_text_stream.hpp>

#include "peer.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>

#include <sys/resource.h>

// Words from a TCP socket, counted in every batch: ten million lines from a process that sends as fast as it can, closes
// the connection twenty times in the middle of a line, and sends one line of 64 MiB.
//
//   socket_word_count [--quick]
//
// It compares every word's count with the peer's own log, and fails where one differs. --quick: a hundredth of it.

using namespace sluice;
using namespace std::chrono_literals;

int main(int argc, char** argv)
{
    bool const quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    word_count::Plan const plan =
        quick ? word_count::Plan{100'000, 20, std::size_t{1} << 20} : word_count::Plan{10'000'000, 20, std::size_t{64} << 20};
    word_count::Peer peer{plan};  // forks: before there are threads

    StreamingContext context{{.master = "local[2]", .receiverRestartDelay = 5ms, .gracefulStopTimeout = 10min}, 200ms};
    auto lines = socketTextStream(context, "127.0.0.1", peer.port());
    std::atomic<std::int64_t> lineCount{0};
    word_count::Counts counts;
    double first = 0;
    double last = 0;
    lines | flatMap(split()) | map([](auto word) { return std::pair{word, std::int64_t{1}}; }) |
        reduceByKey([](std::int64_t a, std::int64_t b) { return a + b; }, 1) |
        foreachRDD([&](auto batch) { batch | foreach ([&](std::string_view word, std::int64_t n) { counts[std::string(word)] += n; }); });
    lines | count() | foreachRDD([&](auto batch) {
        batch | foreach ([&](std::int64_t n) {
            if (n == 0) return;
            last = bench::wallSeconds();
            if (first == 0) first = last - 0.2;
            lineCount += n;
            lineCount.notify_one();
        });
    });
    context.start();
    auto const sent = peer.finish();
    for (auto seen = lineCount.load(); seen < sent.lines; seen = lineCount.load()) lineCount.wait(seen);
    context.stop({.gracefully = true});
    context.awaitTermination();

    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
    std::int64_t words = 0;
    for (auto const& [word, n] : sent.counts) words += n;
    auto const wall = last - first;
    std::printf("%lld lines, %lld words, %zu of them distinct, in %.2f s: %.2f M lines/s, %.1f M words/s\n",
                static_cast<long long>(sent.lines), static_cast<long long>(words), sent.counts.size(), wall,
                static_cast<double>(sent.lines) / wall / 1e6, static_cast<double>(words) / wall / 1e6);
    std::printf("CPU %.2f s user, %.2f s system; at most %.0f MiB\n", seconds(used.ru_utime), seconds(used.ru_stime),
                static_cast<double>(used.ru_maxrss) / 1024);
    bool const right = lineCount == sent.lines && counts == sent.counts;
    std::printf("%s\n", right ? "every count is what was sent" : "COUNTS DIFFER from what was sent");
    return right ? 0 : 1;
}
