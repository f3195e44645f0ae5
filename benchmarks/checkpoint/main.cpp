#include <sluice/operators/collect.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/constant_stream.hpp>

#include "../suite.hpp"

// What checkpoints cost: batches of updates against many states, with a directory and without one, in turn; and how long a start takes that
// reads all states back. The directory lies where $TMPDIR says.

#if __has_include(<xxhash.h>)

#include <sluice/checkpoint.hpp>
#include <sluice/io/directory.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <random>

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

/// A context with a state that adds up, kept in a directory or not.
class Program {
public:
    Program(Input const& input, std::string const& directory, Time begin)
        : clock_(begin), context_({.master = "local[2]", .clock = clock_, .exclusive = false}, 1s)
    {
        if (!directory.empty()) checkpoint(context_, directory);
        auto const add = [](Number, std::optional<Number> value, State<Number>& state) {
            Number const sum = state.getOption().value_or(0) + value.value_or(0);
            state.update(sum);
            return sum;
        };
        auto const updates = constantStream(context_, rdd({0})) | transform([this, &input](auto) {
                                 if (std::exchange(all_, false)) return rdd(input.all, 2);
                                 return rdd(input.batches[next_++ % input.batches.size()], 2);
                             });
        auto const attach = [this](auto const& sums) {
            sums | foreachRDD([this](auto batch) {
                for (Number const sum : batch | collect()) digest_ += bench::mixed(static_cast<std::uint64_t>(sum));
            });
        };
        if (directory.empty()) attach(updates | mapWithState(StateSpec{add}) | named("sums"));
        else attach(updates | mapWithState(StateSpec{add}) | named("sums") | checkpoint());
        context_.start();
    }
    void batch()
    {
        clock_.advance(1s);
        context_.awaitBatches();
    }
    /// A batch with each key.
    void touchAll()
    {
        all_ = true;
        batch();
    }
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    [[nodiscard]] Time now() const { return clock_.now(); }
    void stop() { context_.stop({.gracefully = true}); }

private:
    ManualClock clock_;
    StreamingContext context_;
    std::size_t next_ = 0;
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

/// Whether results were the same.
bool compare(Input const& input, int rounds)
{
    Folder const folder;
    auto kept = std::make_unique<Program>(input, folder.path, Time{});
    Program plain{input, "", Time{}};
    std::vector<double> with, without, ratios;
    plain.touchAll();
    kept->touchAll();
    for (int i = 0; i < rounds + 4; ++i) {
        auto const b = seconds([&] { plain.batch(); });
        auto const a = seconds([&] { kept->batch(); });
        if (i < 4) continue;
        without.push_back(b);
        with.push_back(a);
        ratios.push_back(a / b);
    }
    bool right = kept->digest() == plain.digest();
    auto const n = std::to_string(input.keys);
    bench::Cell const cell{"checkpoint",
                           "mapWithState, " + n + " keys, " + std::to_string(input.batches[0].size()) + " updates a batch",
                           "update",
                           static_cast<double>(input.batches[0].size()),
                           {}};
    bench::printRow(cell, "two workers", bench::Kind::hand, "without a checkpoint", bench::median(without), {1, 1, 1}, 0, "");
    bench::printRow(cell, "two workers", bench::Kind::sluice, "sluice", bench::median(with), bench::estimate(ratios), 1.1,
                    "without a checkpoint");

    auto const now = kept->now();
    kept->stop();
    kept.reset();
    std::uintmax_t bytes = 0;
    for (auto const& file : std::filesystem::directory_iterator{folder.path}) bytes += file.file_size();
    std::unique_ptr<Program> next;
    auto const took = seconds([&] { next = std::make_unique<Program>(input, folder.path, now); });
    auto const before = plain.digest();
    plain.touchAll();
    next->touchAll();
    right = right && next->digest() == plain.digest() - before;
    bench::Cell const start{"checkpoint", "a start, " + n + " keys", "start", 1, {}};
    bench::printRow(start, "two workers", bench::Kind::sluice, "sluice", took, {took, took, took}, 1, "a second");
    std::printf("note\tcheckpoint\t%s keys: %.1f MB in the directory, images and logs.\n", n.c_str(), static_cast<double>(bytes) / 1e6);
    next->stop();
    if (!right) std::printf("fault\tcheckpoint: the sums are other ones with a checkpoint\n");
    return right;
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite const suite{argc, argv};
    bool right = compare(Input{1'000'000, 100'000}, suite.isShort() ? 15 : 40);
    if (!suite.isShort()) right = compare(Input{10'000'000, 1'000'000}, 20) && right;
    return right ? 0 : 1;
}

#else

int main() { return 0; }  // xxhash.h is not installed: there are no checkpoints

#endif
