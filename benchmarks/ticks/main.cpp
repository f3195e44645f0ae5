#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/sources/channel_stream.hpp>

#include "../program.hpp"
#include "../suite.hpp"

#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include <unistd.h>

// What a batch costs that has nothing to do, how late batches begin by the system's clock, and what the process holds after very many of
// them. The clock by hand is a thread that sleeps until the same times.

namespace {

using namespace sluice;
using namespace std::chrono_literals;
using bench::Kind;

constexpr std::array shares{std::pair{"p50", 0.5}, std::pair{"p99", 0.99}, std::pair{"p99.9", 0.999}};

double at(std::vector<double> const& sorted, double share)
{
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

/// From the tick of an empty batch to its end.
void tellOverhead(char const* where, char const* master, int batches)
{
    bench::Program program{master, [](StreamingContext& context) {
                               auto [channel, numbers] = channelStream<int>(context);
                               numbers | map([](int x) { return x + 1; }) | filter([](int x) { return x > 0; }) |
                                   map([](int x) { return std::pair{x % 100, x}; }) | reduceByKey(std::plus{}) |
                                   foreachRDD([](auto const&) {});
                           }};
    std::vector<double> times;
    for (int i = 0; i < batches + 1000; ++i) {
        auto const begin = bench::wallSeconds();
        program.batch();
        if (i >= 1000) times.push_back(bench::wallSeconds() - begin);
    }
    std::sort(times.begin(), times.end());
    for (auto const& [name, share] : shares) {
        bench::printRow({"batch overhead", std::string("empty batch, ") + name, "batch", 1, {}}, where, Kind::sluice, "sluice",
                        at(times, share), {}, 0, "");
    }
}

double microsecondsSince(std::chrono::system_clock::time_point t)
{
    return std::chrono::duration<double, std::micro>(std::chrono::system_clock::now() - t).count();
}

void tellLateness(std::string const& name, Kind kind, std::vector<double> late)
{
    std::map<int, int> bins;  // eight for each factor of two
    for (double const one : late) ++bins[static_cast<int>(std::floor(8 * std::log2(std::max(one, 1.0))))];
    for (auto const& [bin, n] : bins) {
        std::printf("histogram\tlateness\t%s\t%.2f\t%.5f\n", name.c_str(), std::exp2(bin / 8.0), n / static_cast<double>(late.size()));
    }
    std::sort(late.begin(), late.end());
    for (auto const& [share, x] : shares) {
        bench::printRow({"lateness", std::string("every 10 ms, ") + share, "tick", 1, {}}, "two workers", kind, name, 1e-6 * at(late, x),
                        {}, 0, "");
    }
}

/// Batches every ten milliseconds, and a thread by hand that wakes up in the middle between them.
void measureLateness(int ticks)
{
    std::vector<double> late;
    std::vector<double> byHand;
    StreamingContext context{{.master = "local[2]", .exclusive = false}, 10ms};
    auto [channel, numbers] = channelStream<int>(context);
    numbers | foreachRDD([&](auto const&, Time t) {
        late.push_back(microsecondsSince(std::chrono::system_clock::time_point{std::chrono::microseconds{t - Time{}}}));
    });
    context.start();
    std::thread{[&] {
        auto next = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()) + 5ms;
        for (int i = 0; i < ticks; ++i, next += 10ms) {
            auto const whole = std::chrono::duration_cast<std::chrono::nanoseconds>(next.time_since_epoch()).count();
            timespec const until{whole / 1'000'000'000, whole % 1'000'000'000};
            while (::clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr) != 0) {}
            byHand.push_back(microsecondsSince(next));
        }
    }}.join();
    context.stop();
    context.awaitTermination();
    tellLateness("clock_nanosleep in a thread", Kind::hand, std::move(byHand));
    tellLateness("sluice", Kind::sluice, std::move(late));
}

double residentMebibytes()
{
    long all = 0;
    long resident = 0;
    std::ifstream{"/proc/self/statm"} >> all >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

void tellMemory()
{
    std::int64_t t = 0;
    bench::Program program{"inline", [&](StreamingContext& context) {
                               pullStream(context,
                                          [&t](Time) {
                                              std::vector<std::pair<std::int64_t, std::int64_t>> records;
                                              for (std::int64_t i = 0; i < 20; ++i) records.emplace_back(t + i * i, 1);
                                              return rdd(std::move(records));
                                          }) |
                                   reduceByKey(std::plus{}) | foreachRDD([](auto batch) { bench::keep(batch | count()); });
                           }};
    double before = 0;
    for (; t < 100'000; ++t) {
        program.batch();
        if (t == 999) before = residentMebibytes();
    }
    std::printf("note\tbatch overhead\t%.2f MiB are resident after 1,000 batches of new keys, %.2f after 100,000\n", before,
                residentMebibytes());
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite const suite{argc, argv};
    int const batches = suite.isShort() ? 20'000 : 200'000;
    tellMemory();
    tellOverhead("inline", "inline", batches);
    tellOverhead("two workers", "local[2]", batches / 2);
    measureLateness(suite.isShort() ? 500 : 6000);
    return suite.exitCode();
}
