#include <sluice/operators/collect.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/pull_stream.hpp>

#include "../suite.hpp"

// What checkpoints cost: batches of updates against many states, with a directory and without one, in turn and with pauses; and how long a
// start takes that reads all states back. The directory lies where $TMPDIR says.

#if __has_include(<xxhash.h>)

#include <sluice/checkpoint.hpp>
#include <sluice/io/directory.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

#include <pthread.h>
#include <time.h>
#include <unistd.h>

namespace {

using namespace sluice;
using namespace std::chrono_literals;
using Number = std::int64_t;
using Records = std::vector<std::pair<Number, Number>>;

Number keyOf(std::size_t i) { return static_cast<Number>(i) * 1'000'003; }

struct Input {
    std::size_t keys;
    Records all;                   // the first batch: each key
    std::vector<Records> batches;  // the later ones, again and again

    Input(std::size_t n, std::size_t updates) : keys(n)
    {
        std::mt19937_64 random{1};
        for (std::size_t i = 0; i < n; ++i) all.emplace_back(keyOf(i), 1);
        for (int b = 0; b < 8; ++b) {
            Records batch;
            for (std::size_t i = 0; i < updates; ++i) batch.emplace_back(keyOf(random() % n), static_cast<Number>(random() % 100));
            batches.push_back(std::move(batch));
        }
    }
};

/// Gives one batch after another, and tells where it stands, as a source does that gives them again: what each has must last before its
/// outputs run.
struct Updates {
    Input const& input;
    bool& all;  // the next batch has each key
    std::size_t next = 0;

    auto batch(Time) { return rdd(std::exchange(all, false) ? input.all : input.batches[next++ % input.batches.size()], 2); }
    [[nodiscard]] std::string position() const { return std::to_string(next); }
    void restore(std::string_view position) { next = std::stoull(std::string{position}); }
};

/// Of the threads of a program those that run its jobs: which of them runs what depends on where there is a processor.
struct Threads {
    std::vector<::clockid_t> jobs;  // their clocks
    std::mutex mutex;

    void add(std::string const& name)
    {
        if (name.find("job") == std::string::npos && name.find("worker") == std::string::npos) return;
        std::lock_guard const lock{mutex};
        ::pthread_getcpuclockid(::pthread_self(), &jobs.emplace_back());
    }
    static double secondsOf(std::vector<::clockid_t> const& clocks)
    {
        double sum = 0;
        for (auto const clock : clocks) {
            ::timespec now{};
            ::clock_gettime(clock, &now);
            sum += static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
        }
        return sum;
    }
};

/// A context with a state that adds up, kept in a directory or not.
class Program {
public:
    Threads threads;

    static constexpr Duration interval = 100ms;

    /// A checkpoint every so many batches.
    Program(Input const& input, std::string const& directory, int every, Time begin)
        : clock_(begin),
          context_({.master = "local[2]",
                    .clock = clock_,
                    .exclusive = false,
                    .log = silent,
                    .onThreadStart = [this](std::string const& name) { threads.add(name); }},
                   interval)
    {
        if (!directory.empty()) checkpoint(context_, directory, {.interval = every * interval});
        auto const add = [](Number, std::optional<Number> value, State<Number>& state) {
            Number const sum = state.getOption().value_or(0) + value.value_or(0);
            state.update(sum);
            return sum;
        };
        auto const updates = pullStream(context_, Updates{input, all_}) | named("updates");
        auto const attach = [this](auto const& sums) {
            sums | foreachRDD([this](auto batch) {
                for (Number const sum : batch | collect()) digest_ += bench::mixed(static_cast<std::uint64_t>(sum));
            });
        };
        if (directory.empty()) attach(updates | mapWithState(StateSpec{add}) | named("sums"));
        else attach(updates | mapWithState(StateSpec{add}) | named("sums") | checkpoint());
        context_.start();
    }
    /// So many batches, one right behind another.
    void batches(int n = 1)
    {
        clock_.advance(n * interval);
        context_.awaitBatches();
    }
    /// A batch with each key.
    void touchAll()
    {
        all_ = true;
        batches();
    }
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    [[nodiscard]] Time now() const { return clock_.now(); }
    void stop() { context_.stop({.gracefully = true}); }

private:
    ManualClock clock_;
    StreamingContext context_;
    bool all_ = false;
    std::uint64_t digest_ = 0;
};

struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / ("sluice-checkpoint-" + std::to_string(::getpid()))).string();
    Folder() { io::removeTree(path); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { io::removeTree(path); }
};

double seconds(auto&& f)
{
    auto const begin = bench::wallSeconds();
    f();
    return bench::wallSeconds() - begin;
}

/// What this process has given to the disk, in bytes, and its time on processors.
double bytesWritten()
{
    std::ifstream file{"/proc/self/io"};
    for (std::string name; file >> name;) {
        double value = 0;
        file >> value;
        if (name == "write_bytes:") return value;
    }
    return 0;
}
double processSeconds() { return Threads::secondsOf({CLOCK_PROCESS_CPUTIME_ID}); }

/// A program that is kept beside one that is not.
class Pair {
public:
    Pair(Input const& input, int every, std::string text)
        : input_(input),
          every_(every),
          text_(std::move(text)),
          plain_(std::make_unique<Program>(input, "", every, Time{})),
          kept_(std::make_unique<Program>(input, folder_.path, every, Time{}))
    {
        plain_->touchAll();
        kept_->touchAll();
        runBoth(every_ - 1);
        runBoth(4 * every_);
    }

    /// In turn, from one checkpoint to the next, with no pause.
    void backToBack(int rounds)
    {
        std::vector<double> with, without, ratios, jobsWith, jobsWithout;
        for (int i = 0; i < rounds; ++i) {
            auto const jobsPlain = Threads::secondsOf(plain_->threads.jobs);
            auto const b = seconds([&] { plain_->batches(every_); });
            auto const jobsKept = Threads::secondsOf(kept_->threads.jobs);
            auto const a = seconds([&] { kept_->batches(every_); });
            jobsWithout.push_back(Threads::secondsOf(plain_->threads.jobs) - jobsPlain);
            jobsWith.push_back(Threads::secondsOf(kept_->threads.jobs) - jobsKept);
            without.push_back(b);
            with.push_back(a);
            ratios.push_back(a / b);
        }
        row(with, without, ratios);
        std::printf("note\tcheckpoint\t%s, no pause: jobs and workers take %.0f µs of processors a batch without, %.0f µs with.\n",
                    text_.c_str(), 1e6 * bench::median(jobsWithout) / every_, 1e6 * bench::median(jobsWith) / every_);
    }

    /// A batch each 100 ms.
    void paced(int batches)
    {
        struct Phase {
            std::vector<double> times;
            double jobs, all, written;
        };
        auto const phase = [&](Program& program) {
            Phase told{{}, -Threads::secondsOf(program.threads.jobs), -processSeconds(), -bytesWritten()};
            auto next = std::chrono::steady_clock::now();
            for (int i = 0; i < batches; ++i) {
                std::this_thread::sleep_until(next += Program::interval);
                told.times.push_back(seconds([&] { program.batches(); }));
            }
            std::this_thread::sleep_until(next + Program::interval);
            told.jobs += Threads::secondsOf(program.threads.jobs);
            told.all += processSeconds();
            told.written += bytesWritten();
            return told;
        };
        auto const without = phase(*plain_);
        auto const with = phase(*kept_);
        auto const meanOf = [](std::vector<double> const& times) {
            return std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
        };
        auto const longest = [](std::vector<double> const& times) { return *std::max_element(times.begin(), times.end()); };
        bench::Cell const cell{"checkpoint", text_ + ", a batch each 100 ms", "batch", 1, {}};
        auto const ratio = meanOf(with.times) / meanOf(without.times);
        bench::printRow(cell, "two workers", bench::Kind::hand, "without a checkpoint", meanOf(without.times), {1, 1, 1}, 0, "");
        bench::printRow(cell, "two workers", bench::Kind::sluice, "sluice", meanOf(with.times), {ratio, ratio, ratio}, 0,
                        "without a checkpoint");
        std::printf(
            "note\tcheckpoint\t%s, each 100 ms: the longest batch takes %.2f ms without, %.2f ms with; "
            "processors: jobs and workers %.2f, %.2f ms a batch, all threads %.2f, %.2f ms; %.2f MB a second are written.\n",
            text_.c_str(), 1e3 * longest(without.times), 1e3 * longest(with.times), 1e3 * without.jobs / batches, 1e3 * with.jobs / batches,
            1e3 * without.all / batches, 1e3 * with.all / batches, with.written / 1e5 / batches);
    }

    /// Whether a program that goes on has the same states.
    [[nodiscard]] bool goesOn()
    {
        auto const now = kept_->now();
        kept_->stop();
        bool right = kept_->digest() == plain_->digest();
        kept_.reset();
        std::uintmax_t bytes = 0;
        for (auto const& file : std::filesystem::directory_iterator{folder_.path}) bytes += file.file_size();
        std::unique_ptr<Program> next;
        auto const took = seconds([&] { next = std::make_unique<Program>(input_, folder_.path, every_, now); });
        auto const before = plain_->digest();
        plain_->touchAll();
        next->touchAll();
        right = right && next->digest() == plain_->digest() - before;
        auto const n = std::to_string(input_.keys);
        bench::Cell const start{"checkpoint", "a start, " + n + " keys", "start", 1, {}};
        if (every_ == 1 || input_.keys > 1'000'000)
            bench::printRow(start, "two workers", bench::Kind::sluice, "sluice", took, {took, took, took}, 1, "a second");
        std::printf("note\tcheckpoint\t%s: %.1f MB in the directory, images and logs.\n", text_.c_str(), static_cast<double>(bytes) / 1e6);
        next->stop();
        if (!right) std::printf("fault\tcheckpoint: the sums are other ones with a checkpoint\n");
        return right;
    }

private:
    void runBoth(int n)
    {
        plain_->batches(n);
        kept_->batches(n);
    }
    void row(std::vector<double> const& with, std::vector<double> const& without, std::vector<double> const& ratios)
    {
        auto const updates = every_ * static_cast<double>(input_.batches[0].size());
        bench::Cell const cell{"checkpoint", text_, "update", updates, {}};
        bench::printRow(cell, "two workers", bench::Kind::hand, "without a checkpoint", bench::median(without), {1, 1, 1}, 0, "");
        bench::printRow(cell, "two workers", bench::Kind::sluice, "sluice", bench::median(with), bench::estimate(ratios), 1.1,
                        "without a checkpoint");
    }

    Input const& input_;
    int every_;
    std::string text_;
    Folder folder_;
    std::unique_ptr<Program> plain_;
    std::unique_ptr<Program> kept_;
};

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite const suite{argc, argv};
    bool right = true;
    {
        Input const input{1'000'000, 100'000};
        Pair pair{input, 1, "1000000 keys, 100000 updates a batch, a checkpoint with each"};
        pair.backToBack(suite.isShort() ? 15 : 40);
        right = pair.goesOn();
    }
    {
        Input const input{1'000'000, 10'000};
        Pair pair{input, 10, "1000000 keys, 10000 updates a batch, a checkpoint every 10"};
        pair.backToBack(suite.isShort() ? 15 : 40);
        pair.paced(suite.isShort() ? 50 : 200);
        right = pair.goesOn() && right;
    }
    if (!suite.isShort()) {
        Input const input{10'000'000, 100'000};
        Pair pair{input, 10, "10000000 keys, 100000 updates a batch, a checkpoint every 10"};
        pair.paced(100);
        right = pair.goesOn() && right;
    }
    return right ? 0 : 1;
}

#else

int main() { return 0; }  // xxhash.h is not installed: there are no checkpoints

#endif
