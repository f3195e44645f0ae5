#include <sluice/operators/cache.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/slice.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/operators/union_all.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/runtime/accumulator.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/tail_text_file_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/stream/describe.hpp>

#include "../runner.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

// What a program may repeat, N times: what all of it costs, from the first call to the last destructor, for N = 1,000, 10,000 and
// 100,000. Each line does its work, and answers whether its results are right.
//
// --quick judges no time, which depends on the machine. It is compiled another way: each function that is entered is counted, at -O0,
// where each has a call. Of 2 N a line may enter 2.4 times as many as of N: more than N log N has, less than anything that is worse.

using namespace sluice;
using namespace std::chrono_literals;

#ifdef GROWTH_COUNTS_CALLS
namespace {
std::uint64_t calls = 0;
}
extern "C" {
[[gnu::no_instrument_function]] void __cyg_profile_func_enter(void*, void*) { __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED); }
[[gnu::no_instrument_function]] void __cyg_profile_func_exit(void*, void*) {}
}
#endif

namespace {

constexpr auto increment = [](int x) { return x + 1; };

std::int64_t number(std::size_t n) { return static_cast<std::int64_t>(n); }

/// Seconds that a line has spent on what no stream does.
double apart = 0;

/// A directory, and files of one line in it.
class Files {
public:
    explicit Files(std::size_t n = 0) : directory_(std::filesystem::temp_directory_path() / ("sluice-growth-" + std::to_string(::getpid())))
    {
        std::filesystem::create_directory(directory_);
        add(n);
    }
    Files(Files const&) = delete;
    Files& operator=(Files const&) = delete;
    ~Files()
    {
        auto const begin = bench::processSeconds();
        std::filesystem::remove_all(directory_);
        apart += bench::processSeconds() - begin;
    }

    /// As if they had been made a while ago: a directory in which names move is listed more than once.
    void add(std::size_t n) const
    {
        auto const begin = bench::processSeconds();
        for (std::size_t i = 0; i < n; ++i) std::ofstream{directory_ / (std::to_string(i) + ".log")} << "a line\n";
        std::filesystem::last_write_time(directory_, std::filesystem::file_time_type::clock::now() - 10s);
        apart += bench::processSeconds() - begin;
    }
    [[nodiscard]] std::string path() const { return directory_.string(); }

private:
    std::filesystem::path directory_;
};

/// How many lines there are in a batch, and, when more files have come, in two others.
template <class Stream>
std::int64_t linesOf(IntervalClock& clock, Stream const& stream, Files const& files, std::size_t more)
{
    std::int64_t all = 0;
    stream | foreachRDD([&](auto batch) { all += batch | count(); });
    Time const now{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
    clock.poll(now);
    clock.poll(now + 1s);
    files.add(more);
    clock.poll(now + 3s);
    return all;
}

/// One batch of a stream: the sum of its records.
std::int64_t sumOfBatch(IntervalClock& clock, DStream<int> const& stream)
{
    std::int64_t all = 0;
    stream | foreachRDD([&](auto batch) { all += batch | sum(); });
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    return all;
}

bool unionOfStreams(std::size_t n)
{
    IntervalClock clock{1s};
    auto const one = DStream<int>{constantStream(clock, rdd({1}))};
    auto all = one;
    for (std::size_t i = 1; i < n; ++i) all = all | unionWith(one);
    return sumOfBatch(clock, all) == number(n);
}

bool unionBeforeOthers(std::size_t n)
{
    IntervalClock clock{1s};
    auto const one = DStream<int>{constantStream(clock, rdd({1}))};
    auto all = one;
    for (std::size_t i = 1; i < n; ++i) all = one | unionWith(all);
    return sumOfBatch(clock, all) == number(n);
}

bool unionAllOfVector(std::size_t n)
{
    IntervalClock clock{1s};
    std::vector<DStream<int>> const streams(n, DStream<int>{constantStream(clock, rdd({1}))});
    return sumOfBatch(clock, unionAll(streams)) == number(n);
}

bool unionOfBatches(std::size_t n)
{
    RDD<int> const one = rdd({1});
    auto all = one;
    for (std::size_t i = 1; i < n; ++i) all = all | unionWith(one);
    return (all | sum()) == number(n);
}

bool queuedBatches(std::size_t n)
{
    IntervalClock clock{1s};
    RDDQueue<int> queue;
    auto const stream = queueStream(clock, queue, false);
    for (std::size_t i = 0; i < n; ++i) queue.push({1});
    return sumOfBatch(clock, stream) == number(n);
}

bool queuedOneAtATime(std::size_t n)
{
    IntervalClock clock{1s};
    RDDQueue<int> queue;
    std::int64_t all = 0;
    queueStream(clock, queue) | foreachRDD([&](auto batch) { all += batch | sum(); });
    for (std::size_t i = 0; i < n; ++i) queue.push({1});
    clock.poll(Time{0s});
    clock.poll(Time{number(n) * Duration{1s}});
    return all == number(n);
}

bool names(std::size_t n)
{
    IntervalClock clock{1s};
    auto const one = DStream<int>{constantStream(clock, rdd({1}))};
    std::vector<DStream<int>> streams;
    for (std::size_t i = 0; i < n; ++i) streams.emplace_back(one | map(increment) | named("stream " + std::to_string(i)));
    return sumOfBatch(clock, streams.back()) == 2;
}

bool savePaths(std::size_t n)
{
    IntervalClock clock{1s};
    auto const one = DStream<int>{constantStream(clock, rdd({1}))};
    for (std::size_t i = 0; i < n; ++i) one | saveAsTextFiles("/nowhere/" + std::to_string(i));
    return describe(clock).size() > n;
}

bool outputsOfOneStream(std::size_t n)
{
    ManualClock const clock;
    std::int64_t ran = 0;
    struct Listener : StreamingListener {
        std::int64_t told = 0;
        void onOutputOperationCompleted(OutputOperationCompleted const&) override { ++told; }
        void onBatchCompleted(BatchCompleted const& e) override { told += 1'000'000 * number(e.batch.outputOperations.size()); }
    } listener;
    {
        StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
        auto const one = DStream<int>{constantStream(ssc, rdd({1}))};
        for (std::size_t i = 0; i < n; ++i) one | foreachRDD([&](auto const&) { ++ran; });
        ssc.addStreamingListener(listener);
        ssc.start();
        clock.advance(1s);
        ssc.stop({.gracefully = true});
    }
    return ran == number(n) && listener.told <= number(n) * 1'000'001;  // of many outputs some events are dropped
}

bool sources(std::size_t n)
{
    ManualClock const clock;
    std::int64_t ran = 0;
    StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
    RDDQueue<int> queue;
    std::vector<DStream<int>> all;
    for (std::size_t i = 0; i < n; ++i) {
        queue.push({1});
        all.emplace_back(queueStream(ssc, queue));
    }
    unionAll(all) | foreachRDD([&](auto batch) { ran += batch | count(); });
    ssc.start();
    clock.advance(1s);
    ssc.stop({.gracefully = true});
    return ran >= number(n);
}

bool descriptions(std::size_t n)
{
    IntervalClock clock{1s};
    auto all = DStream<int>{constantStream(clock, rdd({1}))};
    auto const one = all;
    for (std::size_t i = 0; i < n; ++i) all = all | unionWith(one);
    return describe(clock).size() > n && toDot(all).size() > n;
}

bool rememberedBatches(std::size_t n)
{
    ManualClock const clock;
    std::int64_t ran = 0;
    StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
    RDDQueue<int> queue;
    auto const kept = queueStream(ssc, queue) | cache();
    kept | foreachRDD([&](auto batch) { ran += batch | count(); });
    ssc.remember(number(n) * Duration{1s});
    ssc.start();
    for (std::size_t i = 0; i < n; ++i) {
        queue.push({1});
        clock.advance(1s);
    }
    ran += number(slice(kept, Time{1s}, Time{number(n) * Duration{1s}}).size());
    ssc.stop();
    return ran == 2 * number(n);
}

bool windowOfMany(std::size_t n)
{
    ManualClock const clock;
    std::int64_t seen = 0;
    StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
    RDDQueue<int> queue;
    auto const length = number(n) * Duration{1s};
    queueStream(ssc, queue) | window(length, length) | foreachRDD([&](auto batch) { seen += batch | count(); });
    ssc.start();
    for (std::size_t i = 0; i < 2 * n; ++i) {
        queue.push({1});
        clock.advance(1s);
    }
    ssc.stop();
    return seen == 2 * number(n);
}

bool partitions(std::size_t n)
{
    std::vector<int> const numbers(n, 1);
    auto const all = rdd(numbers, n);
    auto const keyed = all | map([](int x) { return std::pair{x, 1}; }) | reduceByKey(std::plus{}, 2);
    return (all | sum()) == number(n) && (keyed | count()) == 1;
}

bool listeners(std::size_t n)
{
    ManualClock const clock;
    StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
    constantStream(ssc, rdd({1})) | foreachRDD([](auto const&) {});
    struct Listener : StreamingListener {};
    std::deque<Listener> all;
    for (std::size_t i = 0; i < n; ++i) ssc.addStreamingListener(all.emplace_back());
    ssc.start();
    clock.advance(1s);
    ssc.stop({.gracefully = true});  // which tells them all
    for (std::size_t i = 0; i < n / 2; ++i) ssc.removeStreamingListener(all[i]);
    while (!all.empty()) all.pop_back();
    return true;
}

bool oneListener(std::size_t n)
{
    ManualClock const clock;
    StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
    constantStream(ssc, rdd({1})) | foreachRDD([](auto const&) {});
    struct Listener : StreamingListener {
        std::int64_t told = 0;
        void onStreamingStarted(StreamingStarted const&) override { ++told; }
    } listener;
    for (std::size_t i = 0; i < n; ++i) ssc.addStreamingListener(listener);
    ssc.start();
    ssc.stop({.gracefully = true});
    ssc.removeStreamingListener(listener);
    return listener.told == number(n);
}

bool filesOfDirectory(std::size_t n)
{
    Files const files;
    IntervalClock clock{1s};
    return linesOf(clock, textFileStream(clock, files.path()), files, n) == number(n);
}

/// Each holds a descriptor, of which a process has no 100,000.
bool followedLogs(std::size_t n)
{
    Files const files{n / 20};
    IntervalClock clock{1s};
    return linesOf(clock, tailTextFileStream(clock, files.path() + "/*.log", {.from = TailFrom::beginning}), files, 0) == number(n / 20);
}

bool logsThatCome(std::size_t n)
{
    Files const files;
    IntervalClock clock{1s};
    return linesOf(clock, tailTextFileStream(clock, files.path() + "/*.log"), files, n / 20) == number(n / 20);
}

bool waitingTicks(std::size_t n)
{
    ManualClock const clock;
    std::int64_t ran = 0;
    StreamingContext ssc{{.master = "inline", .clock = clock, .exclusive = false, .log = silent}, 1s};
    constantStream(ssc, rdd({1})) | foreachRDD([&](auto const&) {
        if (ran++ == 0) clock.advance(number(n) * Duration{1s});
    });
    ssc.start();
    clock.advance(1s);
    ssc.stop({.gracefully = true});
    return ran >= number(n);
}

bool accumulators(std::size_t n)
{
    Context context;
    std::int64_t all = 0;
    for (std::size_t i = 0; i < n; ++i) longAccumulator(context, std::to_string(i)).add(1);
    for (auto const& one : context.accumulators()) all += one.value == "1" ? 1 : 0;
    return all == number(n);
}

bool letters(std::size_t n)
{
    IntervalClock clock{1s};
    auto const [box, bad] = deadLetters<int>(clock);
    std::int64_t seen = 0;
    constantStream(clock, rdd(std::vector<int>(n, 1))) | map([](int x) { return x > 0 ? throw x : x; }, box) |
        foreachRDD([](auto batch) { batch | count(); });
    bad | foreachRDD([&](auto batch) { seen += batch | count(); });
    clock.poll(Time{0s});
    clock.poll(Time{2s});
    return seen == 2 * number(n);
}

bool blocks(std::size_t n)
{
    IntervalClock clock{1s};
    auto [channel, numbers] = channelStream<int>(clock);
    std::int64_t seen = 0;
    numbers | foreachRDD([&](auto batch) { seen += batch | sum(); });
    clock.poll(Time{0s});
    for (std::size_t i = 0; i < n; ++i) channel.push(1);
    clock.poll(Time{1s});
    return seen == number(n);
}

bool failingPartitions(std::size_t n)
{
    ManualClock const clock;
    std::vector<int> const numbers(n, 1);
    std::size_t failed = 0;
    StreamingContext ssc{{.master = "local[2]", .clock = clock, .exclusive = false, .log = silent}, 1s};
    constantStream(ssc, rdd(numbers, n)) | map([](int x) { return x > 0 ? throw x : x; }) | foreachRDD([&](auto batch) {
        try {
            static_cast<void>(batch | count());
        } catch (StreamError const& error) {
            failed = 1 + error.others().size();
        }
    });
    ssc.start();
    clock.advance(1s);
    ssc.stop({.gracefully = true});
    return failed == n;
}

struct Line {
    char const* what;
    bool (*run)(std::size_t);
};
constexpr Line lines[] = {
    {"all = all | unionWith(next): streams", unionOfStreams},
    {"all = next | unionWith(all): streams", unionBeforeOthers},
    {"unionAll(a vector of streams)", unionAllOfVector},
    {"all = all | unionWith(next): batches", unionOfBatches},
    {"queueStream, all that wait in one batch", queuedBatches},
    {"queueStream, one of them a batch", queuedOneAtATime},
    {"named", names},
    {"saveAsTextFiles, as many paths", savePaths},
    {"outputs, with a listener", outputsOfOneStream},
    {"sources", sources},
    {"describe, toDot", descriptions},
    {"batches that are remembered; slice", rememberedBatches},
    {"a window of many batches", windowOfMany},
    {"partitions", partitions},
    {"listeners, which leave", listeners},
    {"one listener, added as often", oneListener},
    {"files in a directory", filesOfDirectory},
    {"logs that are followed, N / 20", followedLogs},
    {"logs that come, N / 20", logsThatCome},
    {"ticks that wait", waitingTicks},
    {"accumulators", accumulators},
    {"dead letters", letters},
    {"records pushed one by one", blocks},
    {"partitions that fail", failingPartitions},
};

#ifdef GROWTH_COUNTS_CALLS
int quick()
{
    bool good = true;
    std::printf("%-42s %12s %12s %6s\n", "functions entered", "N = 2,000", "N = 4,000", "ratio");
    for (auto const& [what, run] : lines) {
        bool right = run(100);  // what is made once
        std::uint64_t counts[2];
        for (std::size_t i = 0; i < 2; ++i) {
            auto const before = __atomic_load_n(&calls, __ATOMIC_RELAXED);
            right = run(i == 0 ? 2000 : 4000) && right;
            counts[i] = __atomic_load_n(&calls, __ATOMIC_RELAXED) - before;
        }
        auto const ratio = static_cast<double>(counts[1]) / static_cast<double>(counts[0]);
        bool const fine = right && ratio <= 2.4;
        std::printf("%-42s %12llu %12llu %6.2f%s\n", what, static_cast<unsigned long long>(counts[0]),
                    static_cast<unsigned long long>(counts[1]), ratio,
                    !right ? "  WRONG RESULT"
                    : fine ? ""
                           : "  TOO MANY");
        good = good && fine;
    }
    return good ? 0 : 1;
}
#endif

/// Of all lines, or of those that begin as is said.
int table(char const* wanted)
{
    bool good = true;
    std::printf("%-42s %10s %10s %10s   for 10 times as many\n", "milliseconds for N", "1,000", "10,000", "100,000");
    for (auto const& [what, run] : lines) {
        if (std::strncmp(what, wanted, std::strlen(wanted)) != 0) continue;
        double times[3];
        bool right = run(1000);  // warm
        std::size_t n = 1000;
        for (auto& time : times) {
            apart = 0;
            auto const begin = bench::processSeconds();
            right = run(n) && right;
            time = bench::processSeconds() - begin - apart;
            n *= 10;
        }
        std::printf("%-42s %10.2f %10.2f %10.2f   %.1f, %.1f%s\n", what, 1e3 * times[0], 1e3 * times[1], 1e3 * times[2],
                    times[1] / times[0], times[2] / times[1], right ? "" : "  WRONG RESULT");
        std::fflush(stdout);
        good = good && right;
    }
    return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    char const* const argument = argc > 1 ? argv[1] : "";
#ifdef GROWTH_COUNTS_CALLS
    if (std::strcmp(argument, "--quick") == 0) return quick();
#endif
    return table(argument);
}
