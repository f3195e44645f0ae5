#include <sluice/operators/fold.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/values.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/constant_stream.hpp>

#include "../suite.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

// A sliding window over keyed sums, slide by slide, against what the newest batch alone costs: its reduceByKey. The same
// batches, interleaved, in one run; the results are compared with the window added up anew before a time is told.
//
//   sliding [--quick]      fails where the median slide is above 1.25, or the slowest above 3
//   sliding --tsv [--short]    for run.py: tells it all, and fails where a result is wrong
//
// How often each slide combines two values is counted first, of a window of 60 small batches: what it does for a key must not grow with the
// window, in no slide. --quick judges that and the results, no time.

namespace {

using namespace sluice;
using namespace std::chrono_literals;
using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

struct Input {
    std::size_t window;
    std::vector<Pairs> batches;

    Input(std::size_t w, std::size_t pairs, std::size_t keys) : window(w)
    {
        std::mt19937_64 random{1};
        for (int i = 0; i < 8; ++i) {
            Pairs batch;
            for (std::size_t n = 0; n < pairs; ++n) {
                batch.emplace_back(static_cast<std::int64_t>(random() % keys) * 1'000'003, static_cast<std::int64_t>(random() % 100));
            }
            batches.push_back(std::move(batch));
        }
    }
    [[nodiscard]] Pairs const& at(Time t) const { return batches[static_cast<std::size_t>((t - Time{}) / 1s) % batches.size()]; }
};

/// A pipeline over the batches, driven slide by slide.
class Program {
public:
    template <class Pipeline>
    Program(Input const& input, std::string const& master, Pipeline pipeline)
        : now_(master == "inline" ? bench::threadSeconds : bench::wallSeconds),
          clock_(),
          context_({.master = master, .clock = clock_, .exclusive = false}, 1s)
    {
        constantStream(context_, rdd({0})) | transform([&input](auto, Time t) { return rdd(input.at(t)); }) | pipeline |
            foreachRDD([this](auto batch) {
                last_ = batch | values() | fold(std::int64_t{0}, std::plus{});
                if (collect_ == nullptr) return;
                std::mutex mutex;  // partitions are gone through by several threads
                batch | foreach ([this, &mutex](auto const& entry) {
                    std::lock_guard const lock{mutex};
                    (*collect_)[entry.first] += entry.second;
                });
            });
        context_.start();
    }
    ~Program() { context_.stop(); }

    double slide(std::unordered_map<std::int64_t, std::int64_t>* collect = nullptr)
    {
        collect_ = collect;
        time_ = time_ + 1s;
        auto const begin = now_();
        clock_.advance(1s);
        context_.awaitBatches();
        return now_() - begin;
    }
    [[nodiscard]] Time time() const { return time_; }

private:
    double (*now_)();
    ManualClock clock_;
    StreamingContext context_;
    Time time_;
    std::int64_t last_ = 0;
    std::unordered_map<std::int64_t, std::int64_t>* collect_ = nullptr;
};

bool right(Input const& input, Program& program)
{
    std::unordered_map<std::int64_t, std::int64_t> result;
    program.slide(&result);
    std::unordered_map<std::int64_t, std::int64_t> expected;
    for (std::size_t i = 0; i < input.window; ++i) {
        for (auto const& [key, value] : input.at(program.time() - static_cast<int>(i) * Duration{1s})) expected[key] += value;
    }
    return result == expected;
}

/// Whether the windows are what they should be, and their slides take what they may.
bool race(Input const& input, std::string const& master, bool limited, bool tsv)
{
    auto const length = static_cast<int>(input.window) * Duration{1s};
    auto const add = [](std::int64_t a, std::int64_t b) { return a + b; };
    auto const take = [](std::int64_t a, std::int64_t b) { return a - b; };
    Program alone{input, master, reduceByKey(add)};
    Program none{input, master, reduceByKeyAndWindow(add, length)};
    Program inverse{input, master, reduceByKeyAndWindow(add, take, length)};
    for (std::size_t i = 0; i < input.window + 2; ++i) alone.slide(), none.slide(), inverse.slide();
    bool good = right(input, none) && right(input, inverse);

    std::vector<double> base, without, with;
    for (std::size_t i = 0; i < 2 * input.window + 10; ++i) {
        base.push_back(alone.slide());
        without.push_back(none.slide());
        with.push_back(inverse.slide());
    }
    good = good && right(input, none) && right(input, inverse);
    if (!good) return std::puts("sliding: the windows are not what they should be"), false;

    auto const unit = bench::median(base);
    if (tsv) {
        char const* const where = master == "inline" ? "inline" : "two workers";
        bool const judged = master == "inline";
        auto const test = "window of " + std::to_string(input.window) + ", " + std::to_string(input.batches[0].size()) + " pairs a batch";
        bench::printRow({"windows", test, "slide", 1, {}}, where, bench::Kind::hand, "reduceByKey of the newest batch alone", unit,
                        {1, 1, 1}, 0, "");
        for (auto const& [name, times] : {std::pair{"without inverse", &without}, std::pair{"with inverse", &with}}) {
            std::vector<double> ratios;
            for (std::size_t i = 0; i < base.size(); ++i) ratios.push_back((*times)[i] / base[i]);
            auto const slowest = *std::max_element(times->begin(), times->end());
            bench::printRow({"windows", test, "slide", 1, {}}, where, bench::Kind::sluice, std::string("sluice, ") + name,
                            bench::median(*times), bench::estimate(ratios), judged ? 1.25 : 0, "");
            bench::printRow({"windows", test, "slide", 1, {}}, where, bench::Kind::sluice,
                            std::string("sluice, ") + name + ", the slowest slide", slowest,
                            {slowest / unit, slowest / unit, slowest / unit}, judged ? 3 : 0, "");
        }
        return true;
    }
    std::printf("%s: reduceByKey of the batch alone %.2f ms (slowest %.2f)\n", master.c_str(), 1e3 * unit,
                *std::max_element(base.begin(), base.end()) / unit);
    for (auto const& [name, times] : {std::pair{"without inverse", &without}, std::pair{"with inverse", &with}}) {
        auto const middle = bench::median(*times) / unit;
        auto const worst = *std::max_element(times->begin(), times->end()) / unit;
        std::printf("  %-16s median slide %.2f, slowest %.2f\n", name, middle, worst);
        good = good && (!limited || (middle <= 1.25 && worst <= 3));
    }
    return good;
}

/// How often a slide calls the functions that combine, at most, beyond the batch's own reduceByKey: for each key that there is.
template <class Pipeline>
double mostCombinations(Input const& input, std::size_t keys, std::int64_t& calls, Pipeline pipeline)
{
    Program program{input, "inline", pipeline};
    for (std::size_t i = 0; i < input.window + 2; ++i) program.slide();
    std::int64_t most = 0;
    for (std::size_t i = 0; i < 2 * input.window + 10; ++i) {
        calls = 0;
        program.slide();
        most = std::max(most, calls);
    }
    auto const own = static_cast<double>(input.batches[0].size()) - static_cast<double>(keys);  // each batch has all keys
    return (static_cast<double>(most) - own) / static_cast<double>(keys);
}

bool countCombinations()
{
    constexpr std::size_t keys = 500;
    Input const input{60, 20'000, keys};
    std::int64_t calls = 0;
    auto const add = [&calls](std::int64_t a, std::int64_t b) { return ++calls, a + b; };
    auto const take = [&calls](std::int64_t a, std::int64_t b) { return ++calls, a - b; };
    auto const without = mostCombinations(input, keys, calls, reduceByKeyAndWindow(add, 60s));
    auto const with = mostCombinations(input, keys, calls, reduceByKeyAndWindow(add, take, 60s));
    std::printf("combinations for each key in the slide with the most: %.2f without inverse, at most 6; %.2f with it, at most 2\n", without,
                with);
    return without <= 6.01 && with <= 2.01;
}

}  // namespace

int main(int argc, char** argv)
{
    auto const asked = [&](char const* option) {
        return std::any_of(argv + 1, argv + argc, [&](char* a) { return std::strcmp(a, option) == 0; });
    };
    if (asked("--tsv")) {
        bool const brief = asked("--short");
        Input const input{60, brief ? 200'000U : 1'000'000U, brief ? 20'000U : 100'000U};
        bool const good = race(input, "inline", false, true);
        return race(input, "local[2]", false, true) && good ? 0 : 1;
    }
    bool const quick = asked("--quick");
    Input const input{quick ? 10U : 60U, quick ? 200'000U : 1'000'000U, quick ? 20'000U : 100'000U};
    std::printf("window of %zu, %zu pairs a batch\n", input.window, input.batches[0].size());
    bool good = countCombinations();
    good = race(input, "inline", !quick, false) && good;
    if (!quick) good = race(input, "local[2]", false, false) && good;
    return good ? 0 : 1;
}
