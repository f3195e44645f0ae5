#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/outputs/write_to.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace std::literals;

namespace {

/// What writers did, each entry with its key: partitions are written at the same time.
class Journal {
public:
    void add(OutputKey key, std::string what)
    {
        std::lock_guard const lock{mutex_};
        entries_.emplace_back(key, std::move(what));
    }
    /// In the order of keys; of one key in the order of what was done.
    std::vector<std::string> texts()
    {
        std::stable_sort(entries_.begin(), entries_.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
        std::vector<std::string> all;
        for (auto const& [key, what] : entries_) {
            all.push_back(std::to_string(key.time.milliseconds()) + '/' + std::to_string(key.output) + '/' + std::to_string(key.partition) +
                          ' ' + what);
        }
        return all;
    }

private:
    std::mutex mutex_;
    std::vector<std::pair<OutputKey, std::string>> entries_;
};

/// A writer that can only be moved, and that fails where it is told to.
struct Writer {
    Journal* journal;
    OutputKey key;
    std::string failsAt;
    std::unique_ptr<int> records = std::make_unique<int>(0);

    template <class T>
    void write(T const& record)
    {
        auto const what = textOf(record);
        if (what == failsAt) throw std::runtime_error{"the disk is full at " + what};
        journal->add(key, what);
        ++*records;
    }
    void close()
    {
        if (failsAt == "close") throw std::runtime_error{"cannot close"};
        journal->add(key, "close after " + std::to_string(*records));
    }
    void abort()
    {
        journal->add(key, "abort");
        if (failsAt == "2") throw std::logic_error{"cannot abort"};
    }
};

struct NoAbort {
    Journal* journal;
    OutputKey key;
    void write(int x) { x == 2 ? throw std::runtime_error{"two"} : journal->add(key, textOf(x)); }
    void close() { journal->add(key, "close"); }
};

/// A writer that cannot be moved.
struct Fixed {
    Journal* journal;
    OutputKey key;
    Fixed const* self = this;
    std::mutex mutex{};

    void write(int x)
    {
        std::lock_guard const lock{mutex};
        journal->add(key, textOf(x));
    }
    void close() { journal->add(key, self == this ? "close" : "moved"); }
};
static_assert(!std::is_move_constructible_v<Fixed>);

/// One that would be made of anything: what open returns is not converted, it is the writer.
struct Greedy : Fixed {
    Greedy(Journal* where, OutputKey what) : Fixed{where, what} {}
    template <class T>
    explicit Greedy(T&&) = delete;
};

auto to(Journal& journal, std::string failsAt = "")
{
    return writeTo([&journal, failsAt](OutputKey key) {
        if (failsAt == "open") throw std::runtime_error{"no connection"};
        journal.add(key, "open");
        return Writer{&journal, key, failsAt};
    });
}

/// Runs literal batches into outputs; the text of what fails.
template <class T, class Attach>
std::string failureOf(testing::Batches<T> batches, Attach&& attach, std::string master = "inline", std::size_t partitions = 2)
{
    ManualClock const clock;
    StreamingContext context{{.master = std::move(master), .clock = clock, .exclusive = false}, 1s};
    auto const size = batches.size();
    attach(testing::literalStream<T>(context, std::move(batches), partitions));
    context.start();
    clock.advance(1s * static_cast<int>(size));
    context.awaitBatches();
    context.stop();
    try {
        context.awaitTermination();
    } catch (StreamError const& error) {
        return error.what();
    }
    return "";
}

bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

// What it takes.
template <class W, class Record>
constexpr bool accepts = detail::WriteToOp<W (*)(OutputKey)>::template accepts<detail::Slices<Record>>;
struct TakesString {
    void write(std::string const&);
    void close();
};
struct NeverCloses {
    void write(int);
};
static_assert(accepts<Writer, int> && accepts<NoAbort, int> && accepts<TakesString, std::string>);
static_assert(!accepts<TakesString, std::string_view> && !accepts<NeverCloses, int> && !accepts<int, int>);

}  // namespace

TEST_CASE("each partition that has records is written through a writer of its own, which is closed once")
{
    for (auto const* master : {"inline", "local[2]"}) {
        Journal journal;
        CHECK(failureOf<int>({{1, 2, 3, 4}, {}, std::nullopt, {5}}, [&](auto in) { in | to(journal); }, master, 3) == "");
        CHECK(journal.texts() == std::vector<std::string>{"1000/0/0 open", "1000/0/0 1", "1000/0/0 close after 1",  //
                                                          "1000/0/1 open", "1000/0/1 2", "1000/0/1 close after 1",  //
                                                          "1000/0/2 open", "1000/0/2 3", "1000/0/2 4", "1000/0/2 close after 2",
                                                          "4000/0/2 open", "4000/0/2 5", "4000/0/2 close after 1"});
    }
}

TEST_CASE("an output's number is that of its registration, among outputs of any kind")
{
    Journal journal;
    auto const outputs = [&](auto in) {
        in | foreachRDD([](auto const&) {});
        in | to(journal);
        in | map([](int x) { return -x; }) | to(journal);
    };
    CHECK(failureOf<int>({{7}}, outputs, "inline", 1) == "");
    CHECK(journal.texts() == std::vector<std::string>{"1000/1/0 open", "1000/1/0 7", "1000/1/0 close after 1", "1000/2/0 open",
                                                      "1000/2/0 -7", "1000/2/0 close after 1"});
}

TEST_CASE("a writer takes records as they are pushed: views, also such as live no longer, and what can only be moved")
{
    Journal journal;
    auto const words = [&](auto in) {
        in | map([](int x) { return std::to_string(x) + '!'; }) | flatMap([](std::string_view text) { return std::array{text, text}; }) |
            to(journal);
    };
    CHECK(failureOf<int>({{7}}, words, "inline", 1) == "");
    CHECK(journal.texts() == std::vector<std::string>{"1000/0/0 open", "1000/0/0 7!", "1000/0/0 7!", "1000/0/0 close after 2"});

    struct Boxes {
        std::vector<std::unique_ptr<int>>* kept;
        void write(std::unique_ptr<int> box) { kept->push_back(std::move(box)); }
        void close() {}
    };
    std::vector<std::unique_ptr<int>> kept;
    auto const boxes = [&](auto in) {
        in | map([](int x) { return std::make_unique<int>(x); }) | writeTo([&kept](OutputKey) { return Boxes{&kept}; });
    };
    CHECK(failureOf<int>({{1, 2}}, boxes) == "");
    CHECK(kept.size() == 2);
}

TEST_CASE("a writer that cannot be moved is used where open makes it")
{
    Journal journal;
    auto const outputs = [&](auto in) {
        in | writeTo([&](OutputKey key) { return Fixed{&journal, key}; });
        in | writeTo([&](OutputKey key) { return Greedy{&journal, key}; });
    };
    CHECK(failureOf<int>({{1, 2}}, outputs, "local[2]") == "");
    CHECK(journal.texts() == std::vector<std::string>{"1000/0/0 1", "1000/0/0 close", "1000/0/1 2", "1000/0/1 close",  //
                                                      "1000/1/0 1", "1000/1/0 close", "1000/1/1 2", "1000/1/1 close"});
}

TEST_CASE("retry: a batch that is run again has the same keys, each partition of it; what did not fail is written once")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        Journal journal;
        testing::Harness harness{{.master = master, .onBatchFailure = retry(1)}};
        auto const in = testing::literalStream<int>(harness.context(), {{1, 2}}, 2);
        std::atomic<int> attempts = 0;
        in | to(journal);
        in | map([&](int x) { return x == 2 && ++attempts == 1 ? throw std::runtime_error{"not yet"} : -x; }) | to(journal);
        int others = 0;
        in | foreachRDD([&](auto const&) {
            if (++others == 1) throw std::runtime_error{"not yet"};
        });
        harness.start();
        harness.advance(1s);
        harness.context().stop();
        harness.context().awaitTermination();  // nothing has failed
        CHECK(attempts == 2);
        CHECK(others == 2);
        CHECK(journal.texts() == std::vector<std::string>{"1000/0/0 open", "1000/0/0 1", "1000/0/0 close after 1",   //
                                                          "1000/0/1 open", "1000/0/1 2", "1000/0/1 close after 1",   //
                                                          "1000/1/0 open", "1000/1/0 -1", "1000/1/0 close after 1",  //
                                                          "1000/1/0 open", "1000/1/0 -1", "1000/1/0 close after 1",  //
                                                          "1000/1/1 open", "1000/1/1 -2", "1000/1/1 close after 1"});
    }
}

TEST_CASE("a write that throws aborts its writer and fails the job; others are closed")
{
    Journal journal;
    int line = 0;
    auto const text = failureOf<int>({{1, 2, 3}}, [&](auto in) {
        line = __LINE__ + 1;
        in | writeTo([&](OutputKey key) { return Writer{&journal, key, "3"}; });
    });
    CHECK(has(text, "sluice::writeTo (" + std::string{__FILE__} + ':' + std::to_string(line) +
                        "), batch 1000 ms, partition 1: the disk is full at 3"));
    CHECK(journal.texts() == std::vector<std::string>{"1000/0/0 1", "1000/0/0 close after 1", "1000/0/1 2", "1000/0/1 abort"});
}

TEST_CASE("what an abort throws does not hide what failed before, and a writer need not have one")
{
    Journal journal;
    CHECK(has(failureOf<int>({{2}}, [&](auto in) { in | to(journal, "2"); }, "inline", 1), "partition 0: the disk is full at 2"));
    CHECK(journal.texts() == std::vector<std::string>{"1000/0/0 open", "1000/0/0 abort"});

    Journal without;
    auto const output = [&](auto in) { in | writeTo([&](OutputKey key) { return NoAbort{&without, key}; }); };
    CHECK(has(failureOf<int>({{1, 2}}, output, "inline", 1), "sluice::writeTo"));
    CHECK(without.texts() == std::vector<std::string>{"1000/0/0 1"});
}

TEST_CASE("what an operator throws behind an open writer aborts it, and names the operator")
{
    Journal journal;
    auto const throwing = [&](auto in) { in | map([](int x) { return x == 2 ? throw std::out_of_range{"two"} : x; }) | to(journal); };
    auto const text = failureOf<int>({{1, 2, 3}}, throwing, "inline", 1);
    CHECK(has(text, "sluice::map"));
    CHECK(has(text, "partition 0: two"));
    CHECK(journal.texts() == std::vector<std::string>{"1000/0/0 open", "1000/0/0 1", "1000/0/0 abort"});
}

TEST_CASE("what open or close throws fails the job, and aborts nothing")
{
    Journal unopened;
    CHECK(has(failureOf<int>({{1, 2}}, [&](auto in) { in | to(unopened, "open"); }), "partition 0: no connection"));
    CHECK(unopened.texts().empty());

    Journal unclosed;
    CHECK(has(failureOf<int>({{1}}, [&](auto in) { in | to(unclosed, "close"); }, "inline", 1), "sluice::writeTo"));
    CHECK(unclosed.texts() == std::vector<std::string>{"1000/0/0 open", "1000/0/0 1"});
}

TEST_CASE("writers that fail on workers: of several the first in order is told")
{
    Journal journal;
    auto const failing = [&](auto in) { in | map([](int) { return 3; }) | to(journal, "3"); };
    auto const text = failureOf<int>({{1, 2, 3, 4}}, failing, "local[2]", 4);
    CHECK(has(text, "sluice::writeTo"));
    CHECK(has(text, "partition 0: the disk is full at 3"));
}
