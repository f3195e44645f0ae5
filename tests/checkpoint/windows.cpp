#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// The law: whatever the windows, the batches and where lives end, each batch has what it has without an end, to the bit and in the same
// order.

namespace {

using Batches = std::vector<std::string>;  // lines of words

/// The lines, one a batch: those that ran again are the same.
struct Lines {
    Batches const* lines;
    std::int64_t next = 0;

    RDD<std::string> batch(Time) { return take(next + 1); }
    RDD<std::string> batch(Time, std::string_view end) { return take(decode<std::int64_t>(end)); }
    std::string position() const { return encode(next); }
    void restore(std::string_view position) { next = decode<std::int64_t>(position); }

    RDD<std::string> take(std::int64_t end)
    {
        std::vector<std::string> records;
        for (; next < end; ++next) {
            if (next < static_cast<std::int64_t>(lines->size())) records.push_back((*lines)[static_cast<std::size_t>(next)]);
        }
        return rdd(std::move(records));
    }
};

struct ByLength {
    std::size_t numPartitions() const { return 3; }
    std::size_t partition(std::string_view word) const { return word.size() % 3; }
    bool operator==(ByLength const&) const = default;
};

struct Shape {
    Duration length = 3s;
    Duration slide = 1s;
    std::string master = "inline";
    Duration interval = 1s;  // of checkpoints
};

/// Of each output and batch, partition by partition, the records as bytes.
using Seen = std::map<std::string, std::map<std::int64_t, std::vector<std::vector<std::string>>>>;

/// A life of a program with each operator over a window.
class Life {
public:
    Life(std::string const& directory, Shape const& shape, Batches const& lines, Time now, Seen& seen)
        : seen_(seen), clock_(now), ssc_({.master = shape.master, .clock = clock_, .log = silent}, 1s)
    {
        if (!directory.empty()) checkpoint(ssc_, directory, {.interval = shape.interval});
        auto const w = shape.length;
        auto const s = shape.slide;
        // Without their expressions, which each operator would be compiled with.
        DStream<std::string_view> const words = pullStream(ssc_, Lines{&lines}) | named("lines") | flatMap(split());
        DStream<std::pair<std::string_view, double>> const pairs =
            words | map([](std::string_view word) { return std::pair{word, 0.1 + 1.0 / static_cast<double>(1 + word[0])}; });
        DStream<double> const values = pairs | map([](auto const& pair) { return pair.second; });
        auto const positive = [](std::string_view, double value) { return std::abs(value) > 1e-9; };
        note("window", words | window(w, s) | named("window") | checkpoint());
        note("onDisk", words | cache(Storage::disk) | window(w, s) | named("onDisk") | checkpoint());
        note("windows", words | window(2s) | named("inner") | checkpoint() | window(w, s) | named("outer") | checkpoint());
        note("alike", pairs | reduceByKey(std::plus{}, 3) | window(w, s) | named("alike") | checkpoint());
        note("byLength", pairs | partitionBy(ByLength{}) | window(w, s) | named("byLength") | checkpoint());
        note("groups", pairs | groupByKeyAndWindow(w, s) | named("groups") | checkpoint());
        note("sums", pairs | reduceByKeyAndWindow(std::plus{}, w, s) | named("sums") | checkpoint());
        note("sumsByLength", pairs | reduceByKeyAndWindow(std::plus{}, w, s, ByLength{}) | named("sumsByLength") | checkpoint());
        note("inverse", pairs | reduceByKeyAndWindow(std::plus{}, std::minus{}, w, s) | named("inverse") | checkpoint());
        note("compatible", pairs | reduceByKeyAndWindow(std::plus{}, std::minus{}, w, s, positive, WindowMode::compatible) |
                               named("compatible") | checkpoint());
        note("stays", pairs | reduceByKeyAndWindow(std::plus{}, std::minus{}, w, s, 2, KeepAll{}, WindowMode::compatible) | named("stays") |
                          checkpoint());
        note("counts", words | countByValueAndWindow(w, s) | named("counts") | checkpoint());
        note("count", words | countByWindow(w, s) | named("count") | checkpoint());
        note("sum", values | reduceByWindow(std::plus{}, w, s) | named("sum") | checkpoint());
        note("sumInverse", values | reduceByWindow(std::plus{}, std::minus{}, w, s) | named("sumInverse") | checkpoint());
        ssc_.start();
        ssc_.awaitBatches();
    }

    void batch()
    {
        clock_.advance(1s);
        ssc_.awaitBatches();
    }
    void stop(bool gracefully) { ssc_.stop({.gracefully = gracefully}); }

private:
    using KeepAll = detail::KeepAll;

    template <class Stream>
    void note(std::string const& name, Stream stream)
    {
        stream | glom() | foreachRDD([this, name](auto batch, Time t) {
            std::vector<std::vector<std::string>> all;
            for (auto const& partition : batch | collect()) {
                all.emplace_back();
                for (auto const& record : partition) all.back().push_back(encode(record));
            }
            auto& known = seen_[name];
            auto const place = known.emplace(t.milliseconds(), all);
            CAPTURE(name);
            CAPTURE(t.milliseconds());
            CHECK(place.first->second == all);  // in the life before, or in the one without an end
        });
    }

    Seen& seen_;
    ManualClock clock_;
    StreamingContext ssc_;
};

Batches randomLines(std::mt19937& random, int batches)
{
    Batches lines;
    for (int i = 0; i < batches; ++i) {
        std::string line;
        auto const words = random() % 4 == 0 ? 0 : random() % 12;
        for (unsigned k = 0; k < words; ++k) {
            auto const word = random() % (i % 8 < 4 ? 7 : 23);
            line += std::string(1 + word % 3, static_cast<char>('a' + word)) + " ";
        }
        lines.push_back(line);
    }
    return lines;
}

/// A life without an end, and others that end somewhere, each in one of three ways.
void hold(Shape const& shape, Batches const& lines, std::mt19937& random, unsigned longest)
{
    auto const batches = static_cast<int>(lines.size());
    Seen seen;
    {
        Life endless{"", shape, lines, Time{}, seen};
        for (int i = 0; i < batches; ++i) endless.batch();
        endless.stop(true);
    }
    auto const all = seen;
    Temporary const folder;
    auto directory = folder.path("0");
    int crashes = 0;
    for (int done = 0; done < batches;) {
        auto const until = std::min<int>(batches, done + 1 + static_cast<int>(random() % longest));
        auto const end = random() % 3;
        Life life{directory, shape, lines, Time{done * 1s}, seen};
        for (; done < until; ++done) life.batch();
        if (end == 0) {  // it is killed: what it has written stays, and may be cut anywhere behind its last sync
            auto const left = directory;
            directory = folder.path(std::to_string(++crashes));
            std::filesystem::copy(left, directory, std::filesystem::copy_options::recursive);
        }
        life.stop(end == 1);
    }
    CHECK(seen == all);
}

}  // namespace

TEST_CASE("windows go on to the bit and in the same order, wherever lives end")
{
    for (unsigned seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        auto const lines = randomLines(random, 30);
        hold({static_cast<int>(1 + random() % 9) * 1s, static_cast<int>(1 + random() % 3) * 1s,
              seed % 3 == 0   ? "local[2]"
              : seed % 3 == 1 ? "inline"
                              : "local[3]",
              static_cast<int>(1 + seed % 2 * 2) * 1s},
             lines, random, 7);
    }
}

TEST_CASE("so they do where most of many keys have gone, and all have been given other numbers")
{
    for (unsigned seed = 1; seed <= 2; ++seed) {
        std::mt19937 random{seed};
        auto lines = randomLines(random, 26);
        for (int i = 0; i < 4000; ++i) {
            lines[i < 3000 ? 2 : 4] += static_cast<char>('a' + i % 26);
            lines[i < 3000 ? 2 : 4] += std::to_string(i % 2600) + " ";
        }
        hold({static_cast<int>(2 + 3 * seed) * 1s, 1s, seed == 1 ? "inline" : "local[2]", 1s}, lines, random, 3);
    }
}
