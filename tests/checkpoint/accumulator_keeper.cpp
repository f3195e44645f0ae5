#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Of one's own, and an aggregate.
struct Longest {
    std::size_t length = 0;
    void add(std::string_view word) { length = std::max(length, word.size()); }
    void merge(Longest const& other) { length = std::max(length, other.length); }
    void reset() { length = 0; }
    [[nodiscard]] std::size_t value() const { return length; }
};

/// A word in each batch, from where the last life has come to.
struct Words {
    std::size_t next = 0;

    RDD<std::string> batch(Time)
    {
        std::vector<std::string> const all{"to", "be", "or", "not", "to", "be"};
        return rdd(std::vector{all.at(next++)});
    }
    RDD<std::string> batch(Time t, std::string_view end)
    {
        next = decode<std::size_t>(end) - 1;
        return batch(t);
    }
    [[nodiscard]] std::string position() const { return encode(next); }
    void restore(std::string_view position) { next = decode<std::size_t>(position); }
};

/// A life of batches, of which some fail: what accumulators have when it has ended.
struct Life {
    int begin = 0;
    int batches = 0;
    std::string master = "inline";
    OnBatchFailure onBatchFailure = stop;
    int diesIn = 0;    // the process ends behind the outputs of the batch of that second
    int failsIn = 0;   // the job, in that second
    int failures = 1;  // so often
    std::optional<Duration> interval{};
    std::size_t concurrentJobs = 1;
};
struct Seen {
    std::int64_t words = 0;
    std::int64_t letters = 0;
    double weight = 0;
    std::size_t longest = 0;
    std::multiset<std::string> all{};
    std::int64_t unkept = 0;
    bool operator==(Seen const&) const = default;
};

Seen live(std::string const& directory, Life life)
{
    ManualClock clock{Time{std::chrono::seconds{life.begin}}};
    StreamingContext ssc{{.master = life.master,
                          .concurrentJobs = life.concurrentJobs,
                          .onBatchFailure = life.onBatchFailure,
                          .clock = clock,
                          .log = silent},
                         1s};
    checkpoint(ssc, directory, {.interval = life.interval});
    auto const words = longAccumulator(ssc, "words");
    auto const letters = longAccumulator(ssc, "letters");
    auto const weight = doubleAccumulator(ssc, "weight");
    auto const longest = accumulator(ssc, Longest{}, "longest");
    auto const all = collectionAccumulator<std::string_view>(ssc, "all");
    auto const unkept = longAccumulator(ssc, "unkept");
    checkpoint(ssc, words);
    checkpoint(ssc, letters);
    checkpoint(ssc, weight);
    checkpoint(ssc, longest);
    checkpoint(ssc, all);
    auto const rows = pullStream(ssc, Words{}) | named("source") | map([=](std::string const& word) {
                          words.add(1);
                          all.add(word);
                          return word;
                      });
    rows | foreachRDD([=](auto batch) {
        batch | foreach ([=](std::string const& word) {
            letters.add(static_cast<std::int64_t>(word.size()));
            longest.add(word);
            unkept.add(1);
        });
    });
    queueStream(ssc, RDDQueue<int>{}) | foreachRDD([&, weight](auto const&, Time t) {
        weight.add(0.5);
        auto const second = static_cast<int>(t.milliseconds() / 1000);
        if (second == life.failsIn && life.failures-- > 0) throw std::runtime_error{"fails"};
        if (second == life.diesIn) throw std::runtime_error{"dies"};
    });
    ssc.start();
    for (int i = 0; i < life.batches; ++i) {
        clock.advance(1s);
        ssc.awaitBatches();
    }
    ssc.stop();
    auto const collected = all.value();
    return {words.value(), letters.value(), weight.value(), longest.value(), {collected.begin(), collected.end()}, unkept.value()};
}

}  // namespace

TEST_CASE("accumulators go on with what they had behind the last batch that was done")
{
    for (std::string const master : {"inline", "local[2]"}) {
        for (auto const interval : {std::optional<Duration>{}, std::optional<Duration>{2s}}) {
            Temporary const folder;
            auto const before = live(folder.path("x"), {.batches = 3, .master = master, .interval = interval});
            CHECK(before == Seen{3, 6, 1.5, 2, {"to", "be", "or"}, 3});
            auto const none = live(folder.path("x"), {.begin = 3, .master = master, .interval = interval});
            CHECK(none == Seen{3, 6, 1.5, 2, {"to", "be", "or"}, 0});
            auto const second = live(folder.path("x"), {.begin = 3, .batches = 1, .master = master, .interval = interval});
            CHECK(second == Seen{4, 9, 2, 3, {"to", "be", "or", "not"}, 1});
        }
    }
}

TEST_CASE("what a batch has added that is not done counts once, when it runs again")
{
    for (std::string const master : {"inline", "local[2]"}) {
        for (auto const interval : {std::optional<Duration>{}, std::optional<Duration>{2s}, std::optional<Duration>{5s}}) {
            Temporary const folder;
            // The batch of 3 s has run its first output, and added what the second one adds, before that fails: it is not done.
            auto const before = live(folder.path("x"), {.batches = 3, .master = master, .diesIn = 3, .interval = interval});
            CHECK(before.words == 3);
            auto const again = live(folder.path("x"), {.begin = 3, .batches = 1, .master = master, .interval = interval});
            auto const without = interval ? (*interval == 2s ? 2 : 4) : 2;  // what this process itself has seen
            CHECK(again == Seen{4, 9, 2, 3, {"to", "be", "or", "not"}, without});
        }
    }
}

TEST_CASE("an attempt that failed adds nothing")
{
    for (std::string const master : {"inline", "local[2]"}) {
        Temporary const folder;
        Life const life{.batches = 3, .master = master, .onBatchFailure = retry(2).then(stop), .failsIn = 2, .failures = 2};
        CHECK(live(folder.path("x"), life) == Seen{3, 6, 1.5, 2, {"to", "be", "or"}, 3});
        CHECK(live(folder.path("x"), {.begin = 3}).weight == 1.5);
    }
}

TEST_CASE("what jobs add at once is added")
{
    Temporary const folder;
    auto const before = live(folder.path("x"), {.batches = 3, .master = "local[2]", .concurrentJobs = 2});
    CHECK(before == Seen{3, 6, 1.5, 2, {"to", "be", "or"}, 3});
    CHECK(live(folder.path("x"), {.begin = 3}).words == 3);
}

TEST_CASE("jobs that run at once are refused where what one of them adds that fails would count")
{
    for (auto const onBatchFailure : {OnBatchFailure{proceed}, retry(1), retry(1).then(stop)}) {
        Temporary const folder;
        Life const life{.master = "local[2]", .onBatchFailure = onBatchFailure, .concurrentJobs = 2};
        CHECK_THROWS_AS(live(folder.path("x"), life), IllegalState);
    }
    Temporary const folder;
    CHECK(live(folder.path("x"), {.batches = 1, .master = "local[2]", .onBatchFailure = {}, .concurrentJobs = 2}).words == 1);
    // Without one that is kept there is nothing to be told apart.
    ManualClock clock;
    StreamingContext ssc{{.master = "local[2]", .concurrentJobs = 2, .onBatchFailure = retry(1), .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, folder.path("y"));
    queueStream(ssc, RDDQueue<int>{}) | print(0);
    CHECK_NOTHROW(ssc.start());
    ssc.stop();
}

TEST_CASE("what cannot be found again is refused, and so is what the program does not have any more")
{
    Temporary const folder;
    auto const with = [&](std::vector<std::string> names, CheckpointOptions options = {}) -> std::string {
        ManualClock clock;
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        try {
            checkpoint(ssc, folder.path("x"), std::move(options));
            for (auto const& name : names) {
                auto const kept = longAccumulator(ssc, name);
                checkpoint(ssc, kept);
                kept.add(1);
            }
            queueStream(ssc, RDDQueue<int>{}) | print(0);
            ssc.start();
            clock.advance(1s);
            ssc.stop();
        } catch (std::exception const& error) {
            return error.what();
        }
        return "";
    };
    CHECK(has(with({""}), "this accumulator was made without one"));
    CHECK(has(with({"a", "a"}), "are both known as \"accumulator a\""));
    CHECK(with({"a"}) == "");
    CHECK(has(with({"b"}), "knows \"accumulator a\", which the program does not have"));
    CHECK(with({"b"}, {.drop = {"accumulator a"}}) == "");
    StreamingContext ssc{{.master = "inline", .log = silent}, 1s};
    auto const kept = longAccumulator(ssc, "sum");
    checkpoint(ssc, kept);
    CHECK_THROWS_AS(checkpoint(ssc, kept), InvalidArgument);
}

TEST_CASE("an accumulator of another type is read where that can be, and refused by its name where it cannot")
{
    Temporary const folder;
    auto const with = [&](Time begin, auto make) -> std::string {
        ManualClock clock{begin};
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, folder.path("x"));
        auto const kept = make(ssc);
        checkpoint(ssc, kept);
        queueStream(ssc, RDDQueue<int>{}) | foreachRDD([kept](auto const&) { kept.add(2); });
        try {
            ssc.start();
            clock.advance(1s);
            ssc.stop();
        } catch (std::exception const& error) {
            return error.what();
        }
        return textOf(kept.value());
    };
    CHECK(with(Time{0s}, [](auto& ssc) { return accumulator(ssc, SumOf<std::int32_t>{}, "sum"); }) == "2");
    CHECK(with(Time{1s}, [](auto& ssc) { return longAccumulator(ssc, "sum"); }) == "4");
    CHECK(has(with(Time{2s}, [](auto& ssc) { return collectionAccumulator<int>(ssc, "sum"); }), "sluice::accumulator \"sum\" ("));
    CHECK(with(Time{2s}, [](auto& ssc) { return longAccumulator(ssc, "sum"); }) == "6");
}

TEST_CASE("another program reads an accumulator")
{
    Temporary const folder;
    live(folder.path("x"), {.batches = 2});
    auto const sums = stateOf<std::string, std::pair<std::int64_t, std::int64_t>>(folder.path("x"), "accumulator letters") | collect();
    CHECK(sums.size() == 1);
    CHECK(sums[0].second == std::pair<std::int64_t, std::int64_t>{4, 2});  // the sum, and of how many
}
