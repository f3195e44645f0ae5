#include "../runner.hpp"

#include <sluice/operators/fold.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/values.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/constant_stream.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

// A sliding window over keyed sums, slide by slide, against what the newest batch alone costs: its reduceByKey. The same
// batches, interleaved, in one run; the results are compared with the window added up anew before a time is told.
//
//   sliding [--quick]      fails where the median slide is above 1.25, or the slowest above 3

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
    Program(Input const& input, Pipeline pipeline)
    {
        constantStream(clock_, rdd({0})) | transform([&input](auto, Time t) { return rdd(input.at(t)); }) | pipeline |
            foreachRDD([this](auto batch) {
                last_ = batch | values() | fold(std::int64_t{0}, std::plus{});
                if (collect_ != nullptr) batch | foreach([this](auto const& entry) { (*collect_)[entry.first] += entry.second; });
            });
        clock_.poll(Time{});
    }

    double slide(std::unordered_map<std::int64_t, std::int64_t>* collect = nullptr)
    {
        collect_ = collect;
        time_ = time_ + 1s;
        auto const begin = bench::threadSeconds();
        clock_.poll(time_);
        return bench::threadSeconds() - begin;
    }
    [[nodiscard]] Time time() const { return time_; }

private:
    IntervalClock clock_{1s};
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

}  // namespace

int main(int argc, char** argv)
{
    bool const quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    std::size_t const window = quick ? 10 : 60;
    Input const input{window, quick ? 200'000U : 1'000'000U, quick ? 20'000U : 100'000U};
    auto const length = static_cast<int>(window) * Duration{1s};
    auto const add = [](std::int64_t a, std::int64_t b) { return a + b; };
    auto const take = [](std::int64_t a, std::int64_t b) { return a - b; };

    Program alone{input, reduceByKey(add)};
    Program none{input, reduceByKeyAndWindow(add, length)};
    Program inverse{input, reduceByKeyAndWindow(add, take, length)};
    for (std::size_t i = 0; i < window + 2; ++i) alone.slide(), none.slide(), inverse.slide();
    if (!right(input, none) || !right(input, inverse)) return std::puts("sliding: the windows are not what they should be"), 1;

    std::vector<double> base, without, with;
    for (std::size_t i = 0; i < 2 * window + 10; ++i) {
        base.push_back(alone.slide());
        without.push_back(none.slide());
        with.push_back(inverse.slide());
    }
    if (!right(input, none) || !right(input, inverse)) return std::puts("sliding: the windows are not what they should be"), 1;
    auto const unit = bench::median(base);
    std::printf("window of %zu, %zu pairs a batch; reduceByKey of the batch alone %.2f ms (slowest %.2f)\n", window, input.batches[0].size(),
                1e3 * unit, *std::max_element(base.begin(), base.end()) / unit);
    bool good = true;
    for (auto const& [name, times] : {std::pair{"without inverse", &without}, std::pair{"with inverse", &with}}) {
        auto const middle = bench::median(*times) / unit;
        auto const worst = *std::max_element(times->begin(), times->end()) / unit;
        std::printf("  %-16s median slide %.2f, slowest %.2f\n", name, middle, worst);
        good = good && (quick || (middle <= 1.25 && worst <= 3));
    }
    return good ? 0 : 1;
}
