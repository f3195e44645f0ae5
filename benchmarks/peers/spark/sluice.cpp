#include <sluice/sluice.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// The workloads of Streaming.java, over the same files: each batch's files are linked into a directory that textFileStream watches.
//
//   sluice make FOLDER BATCHES LINES         makes the files: two for each batch, lines of 100 bytes, words of a vocabulary of 100000
//   sluice WORKLOAD FOLDER OUT BATCHES TIMED    the batch of that number is put out, and those before it are timed
//
// It prints what Streaming prints. A time is that from the tick of a batch to its end: files are found and read in it.

namespace {

using namespace sluice;
namespace fs = std::filesystem;
using Number = std::int64_t;
using Steady = std::chrono::steady_clock;

void make(fs::path const& folder, int batches, int lines)
{
    std::uint64_t state = 1;
    auto const random = [&] {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545f4914f6cdd1dULL;
    };
    for (int b = 0; b < batches; ++b) {
        auto const batch = folder / ("batch" + std::to_string(b));
        fs::create_directories(batch);
        for (char const* name : {"part0", "part1"}) {
            std::string text;
            for (int i = 0; i < lines / 2; ++i) {
                std::string line;
                while (line.size() < 92) line += 'w' + std::to_string(random() % 100'000) + ' ';
                line.resize(99, 'x');
                text += line + '\n';
            }
            std::ofstream{batch / name} << text;
        }
    }
}

/// The files of one batch after the other appear in a directory, by being renamed into it: copies, as a file is taken once.
class Feed {
public:
    /// So many batches are copied before the first one is asked for.
    explicit Feed(fs::path from, int ahead = 1) : from_(std::move(from)), in_(from_ / "in"), ready_(from_ / "ready")
    {
        for (auto const& folder : {in_, ready_}) {
            fs::remove_all(folder);
            fs::create_directories(folder);
        }
        while (fs::exists(from_ / ("batch" + std::to_string(batches_)))) ++batches_;
        for (int i = 0; i < ahead; ++i) copy();
    }
    [[nodiscard]] std::string directory() const { return in_.string(); }
    void next(Time time)
    {
        for (char const* part : parts) {
            if (taken_ > 0) fs::remove(in_ / nameOf(taken_ - 1, part));
            auto const file = ready_ / nameOf(taken_, part);
            fs::last_write_time(file, fs::file_time_type::clock::from_sys(std::chrono::sys_time<Duration>{time - Time{}}));
            fs::rename(file, in_ / nameOf(taken_, part));
        }
        ++taken_;
    }
    /// One more batch.
    void copy()
    {
        for (char const* part : parts) {
            fs::copy_file(from_ / ("batch" + std::to_string(copied_ % batches_)) / part, ready_ / nameOf(copied_, part));
        }
        ++copied_;
    }

private:
    static constexpr char const* parts[] = {"part0", "part1"};
    static std::string nameOf(int batch, char const* part) { return std::to_string(batch) + part; }

    fs::path from_;
    fs::path in_;
    fs::path ready_;
    int batches_ = 0;
    int copied_ = 0;
    int taken_ = 0;
};

/// What becomes of the last batch.
struct Output {
    std::string path;
    bool last = false;

    void operator()(auto const& batch) const
    {
        if (!last) {
            auto const n = static_cast<Number>(batch | count());
            asm volatile("" : : "r"(n));  // it has to be made
            return;
        }
        std::ofstream out{path};
        std::mutex mutex;
        batch | foreach ([&](auto const& record) {
            std::lock_guard const lock{mutex};
            if constexpr (requires { record.second; }) out << record.first << '\t' << record.second << '\n';
            else out << record << '\n';
        });
    }
};

void build(std::string const& workload, StreamingContext& context, std::string const& directory, Duration interval, Output const& output)
{
    auto const lines = textFileStream(context, directory);
    auto const put = foreachRDD([&output](auto const& batch) { output(batch); });
    if (workload == "grep") {
        lines | filter(contains("w777 ")) | put;
        return;
    }
    auto const ones = lines | flatMap(split()) | map([](auto word) { return std::pair{word, Number{1}}; });
    if (workload == "wordcount") ones | reduceByKey(std::plus{}) | put;
    else if (workload == "window") ones | reduceByKeyAndWindow(std::plus{}, 10 * interval) | put;
    else if (workload == "inverse") ones | reduceByKeyAndWindow(std::plus{}, std::minus{}, 10 * interval) | put;
    else if (workload == "update") {
        ones | reduceByKey(std::plus{}) |
            updateStateByKey([](std::vector<Number> const& values, std::optional<Number> state) -> std::optional<Number> {
                for (Number const value : values) state = state.value_or(0) + value;
                return state;
            }) |
            put;
    } else if (workload == "map") {
        ones | reduceByKey(std::plus{}) |
            mapWithState(StateSpec{[](std::string_view word, std::optional<Number> value, State<Number>& state) {
                Number const sum = state.getOption().value_or(0) + value.value_or(0);
                state.update(sum);
                return std::pair{std::string(word), sum};
            }}) |
            put;
    } else {
        std::fprintf(stderr, "no workload %s\n", workload.c_str());
        std::exit(2);
    }
}

/// Whether batches of this interval, by the system's clock, do not fall behind: 40 of them.
bool sustains(std::string const& workload, fs::path const& folder, Duration interval)
{
    struct Delays : StreamingListener {
        std::atomic<int> batches = 0;
        std::atomic<Number> last = 0;
        void onBatchCompleted(BatchCompleted const& event) override
        {
            last = event.batch.schedulingDelay().value_or(Duration{0}).count();
            if (event.batch.numRecords() > 0) ++batches;
        }
    } delays;
    constexpr int asked = 40;
    Feed feed{folder, asked};
    Output output;
    StreamingContext context{{.master = "local[2]", .exclusive = false, .log = silent}, interval};
    context.addStreamingListener(delays);
    build(workload, context, feed.directory(), interval, output);
    context.start();
    auto const begin = Steady::now();
    for (int i = 0; i < asked; ++i) {
        auto const now = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
        feed.next(Time{now});
        std::this_thread::sleep_until(begin + (i + 1) * interval);
    }
    auto const last = delays.last.load();
    context.stop();
    return delays.batches >= asked * 9 / 10 && last < interval.count() / 2;
}

int run(std::string const& workload, fs::path const& folder, std::string const& out, int batches, int timed)
{
    ManualClock const clock;
    Duration const interval = std::chrono::seconds{1};
    Feed feed{folder};
    Output output{out};
    std::vector<double> times;
    {
        StreamingContext context{{.master = "local[2]", .clock = clock}, interval};
        build(workload, context, feed.directory(), interval, output);
        context.start();
        Time time;
        for (int i = 1; i <= batches; ++i) {
            feed.next(time + interval / 2);
            feed.copy();
            time = time + interval;
            output.last = i == batches;
            auto const begin = Steady::now();
            clock.advance(interval);
            context.awaitBatches();
            if (i < batches && i >= batches - timed)
                times.push_back(std::chrono::duration<double, std::milli>(Steady::now() - begin).count());
        }
        context.stop();
    }
    std::sort(times.begin(), times.end());
    auto const median = times[times.size() / 2];
    std::printf("batches %d\nmedian %.2f\nleast %.2f\nmost %.2f\n", batches, median, times.front(), times.back());
    for (double ms = std::max(2.0, 0.8 * median);; ms *= 1.25) {
        if (sustains(workload, folder, Duration{static_cast<Number>(ms * 1000)})) {
            std::printf("sustained %.0f\n", ms);
            break;
        }
    }
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) std::printf("peak %ld\n", std::atol(line.c_str() + 6) / 1024);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc == 5 && std::strcmp(argv[1], "make") == 0) return make(argv[2], std::atoi(argv[3]), std::atoi(argv[4])), 0;
    if (argc == 6) return run(argv[1], argv[2], argv[3], std::atoi(argv[4]), std::atoi(argv[5]));
    std::fputs("sluice make FOLDER BATCHES LINES | sluice WORKLOAD FOLDER OUT BATCHES TIMED\n", stderr);
    return 2;
}
