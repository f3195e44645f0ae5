#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A receiver that does what the test says, in the test's thread.
struct Hand : Receiver<std::string> {
    struct Shared {
        Hand* receiver = nullptr;
        std::vector<std::string> restored;
        std::atomic<bool> ready{false};
    };
    explicit Hand(Shared& all) : shared(&all) {}
    void onStart() override
    {
        shared->receiver = this;
        shared->ready = true;
    }
    void onStop() override {}
    void restore(std::string_view position) { shared->restored.emplace_back(position); }
    Shared* shared;
};

/// A record without a binary form: what keeps it is refused with one sentence.
class Secret {
public:
    explicit Secret(int n) : number_(n) {}
    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};
template <class T>
constexpr bool mayBeKept = detail::KeeperOf<detail::RecordNode<T>, detail::Received<T>>::hasForm;
static_assert(mayBeKept<std::pair<std::string, std::vector<int>>> && !mayBeKept<Secret>);

/// A process's life: what the batches have, and what was told.
class Life {
public:
    explicit Life(std::string const& directory, Time now = {}, CheckpointOptions options = {}, bool failing = false)
        : clock_(now),
          ssc_({.master = "inline",
                .onBatchFailure = sluice::stop,
                .clock = clock_,
                .log =
                    [this](LogEntry const& entry) {
                        std::lock_guard const lock{mutex_};
                        told.push_back(entry.text);
                    }},
               1s)
    {
        checkpoint(ssc_, directory, std::move(options));
        receiverStream<std::string>(ssc_, [this] { return Hand{hand_}; }) | named("hand") | checkpoint() |
            foreachRDD([this, failing](auto batch, Time t) {
                if (failing) throw InvalidArgument{"killed here"};
                auto const records = batch | collect();
                std::string all;
                for (auto const& record : records) all += record + ' ';
                batches.push_back(std::to_string(t.milliseconds() / 1000) + ": " + all);
            });
        ssc_.start();
        while (!hand_.ready && ssc_.getState() != ContextState::stopped) std::this_thread::yield();  // by a batch that begins again
    }
    /// As a process that is killed: nothing is flushed.
    Hand& receiver() { return *hand_.receiver; }
    void tick()
    {
        clock_.advance(1s);
        ssc_.awaitBatches();
    }
    void stop(bool gracefully = true) { ssc_.stop({.gracefully = gracefully}); }
    [[nodiscard]] Strings const& restored() const { return hand_.restored; }
    [[nodiscard]] bool wasTold(std::string_view part) const
    {
        for (auto const& text : told) {
            if (has(text, part)) return true;
        }
        return false;
    }

    Strings batches;
    Strings told;

private:
    std::mutex mutex_;
    ManualClock clock_;
    Hand::Shared hand_;
    StreamingContext ssc_;
};

/// Returns when nothing is written any more behind the batch of that time, which is the last one that is done.
void awaitCommitted(std::string const& directory, Time t)
{
    for (;;) {
        detail::CheckpointReader const known{directory, [](std::string const&) {}};
        if (!known.empty() && known.last().time == t) return;
        std::this_thread::yield();
    }
}

}  // namespace

TEST_CASE("what is received goes through batches as without a log, and nothing of it is left when they are done")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    Life life{directory};
    CHECK(life.receiver().store(Strings{"a", "b"}));
    CHECK(life.receiver().store("c"));
    CHECK(life.receiver().store(Strings{"d"}));
    life.tick();
    CHECK(life.receiver().store("e"));
    life.tick();
    life.tick();
    life.stop();
    CHECK(life.batches == Strings{"1: a b c d ", "2: e ", "3: "});
    CHECK_FALSE(life.wasTold("a checkpoint does not know"));
    Life again{directory, Time{3s}};
    again.tick();
    again.stop();
    CHECK(again.batches == Strings{"4: "});
    CHECK(again.restored().empty());
    CHECK(detail::WriteAheadLog::filesIn(directory).empty());
}

TEST_CASE("a batch that was not done has the same records again, in their order; what no batch had is in the first one behind it")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    {
        Life life{directory, Time{}, {}, true};
        life.receiver().store("single");
        life.receiver().store(Strings{"a", "b"});
        life.receiver().store("other");
        life.tick();  // it fails, and the context stops
    }
    {
        Life life{directory, Time{1s}, {}, true};
        life.tick();
    }
    Life life{directory, Time{4s}};
    life.receiver().store("new");
    CHECK(life.batches == Strings{"1: single a b other ", "2: ", "3: ", "4: "});
    life.tick();
    life.stop();
    CHECK(life.batches.back() == "5: new ");
}

TEST_CASE("what was stored and is in no batch outlasts a stop without grace")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    {
        Life life{directory};
        life.receiver().store(Strings{"a"});
        life.receiver().store("b");
        life.stop(false);
        CHECK(life.batches.empty());
        CHECK(life.wasTold("2 records that were received are in no batch"));
        CHECK_FALSE(life.wasTold("dropped"));
    }
    Life life{directory, Time{0s}};
    life.receiver().store("c");
    life.tick();
    life.stop();
    CHECK(life.batches == Strings{"1: a b c "});
}

TEST_CASE("the position that was stored last is told before each start, also when nothing of the log is left")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    {
        Life life{directory};
        CHECK(life.receiver().storeUpTo(Strings{"a", "b"}, "2"));
        CHECK(life.receiver().storeUpTo("c", "3"));
        life.tick();
        CHECK(life.receiver().storeUpTo(Strings{}, "4"));
        life.tick();
        life.stop();
        CHECK(life.restored().empty());
        CHECK(life.batches == Strings{"1: a b c ", "2: "});
    }
    {
        Life life{directory, Time{2s}};
        life.tick();
        CHECK(life.restored() == Strings{"4"});
        life.receiver().storeUpTo("d", "5");
        life.stop(false);
    }
    Life life{directory, Time{3s}};
    CHECK(life.restored() == Strings{"5"});
    life.tick();
    life.stop();
    CHECK(life.batches == Strings{"4: d "});
}

TEST_CASE("records of another type are read where that can be, and refused by the stream's name where it cannot")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    auto const run = [&](auto record, Time now, bool ticks) -> std::string {
        using T = decltype(record);
        ManualClock clock{now};
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, directory);
        auto [channel, stream] = channelStream<T>(ssc);
        std::string seen;
        stream | named("numbers") | checkpoint() | foreachRDD([&](auto batch) {
            for (auto const& one : batch | collect()) seen += textOf(one) + ' ';
        });
        try {
            ssc.start();
        } catch (std::exception const& error) {
            return error.what();
        }
        channel.push(record);
        if (ticks) clock.advance(1s);
        ssc.stop();
        return seen;
    };
    CHECK(run(std::int32_t{7}, Time{}, false) == "");
    CHECK(run(std::int64_t{8}, Time{}, false) == "");  // both were flushed
    auto const refused = run(std::string{"x"}, Time{}, false);
    CHECK(has(refused, "sluice::channelStream \"numbers\" ("));
    CHECK(has(refused, "what the log in " + directory + " has of it cannot be used: "));
    CHECK(run(std::int64_t{9}, Time{}, true) == "7 8 9 ");
}

TEST_CASE("a stream that is gone is refused while something of it is in no batch, until it is dropped")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    auto const run = [&](std::string_view name, CheckpointOptions options = {}) -> std::string {
        ManualClock clock;
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, directory, std::move(options));
        auto [channel, stream] = channelStream<int>(ssc);
        stream | named(name) | checkpoint() | print(0);
        try {
            ssc.start();
        } catch (std::exception const& error) {
            return error.what();
        }
        channel.push(1);
        ssc.stop();
        return "";
    };
    CHECK(run("old") == "");
    CHECK(has(run("new"), "knows \"old\", which the program does not have"));
    CHECK(run("new", {.drop = {"old"}}) == "");
    CHECK(run("new") == "");
}

TEST_CASE("a full disk: store throws what the system says, and it goes on when there is room; what was refused is in no batch")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    Life life{directory};
    life.receiver().store(Strings{"before"});
    awaitCommitted(directory, Time{});
    {
        FullDisk const full;
        std::string thrown;
        try {
            life.receiver().storeUpTo(Strings{std::string(1000, 'x')}, "1");
        } catch (StreamError const& error) {
            thrown = error.what();
        }
        CHECK(has(thrown, "sluice::io: writing " + directory + "/received-"));
        CHECK(has(thrown, "File too large"));
    }
    life.receiver().storeUpTo(Strings{"behind"}, "1");
    life.tick();
    life.stop();
    CHECK(life.batches == Strings{"1: before behind "});
}

TEST_CASE("a receiver that is refused is told of by listeners and the log, and started again")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    std::atomic<bool> begins{false};
    std::atomic<int> refused{0};
    Strings seen;
    std::int64_t position = 0;
    testing::Harness harness{{.master = "inline", .receiverRestartDelay = 0s, .log = [&](LogEntry const& entry) {
                                  if (has(entry.text, "restarting in 0 ms: sluice::io: writing " + directory + "/received-")) ++refused;
                              }}};
    checkpoint(harness.context(), directory);
    auto const run = [&](std::stop_token stop, Store<std::string>& store) {
        while (!begins && !stop.stop_requested()) std::this_thread::yield();
        if (store.upTo(Strings{std::string(1000, 'x'), "y"}, "2")) ++position;
        while (!stop.stop_requested()) std::this_thread::yield();
    };
    receiverStream<std::string>(harness.context(), run) | named("in") | checkpoint() | foreachRDD([&](auto batch) {
        for (auto const& record : batch | collect()) seen.push_back(record.substr(0, 1));
    });
    harness.start();
    awaitCommitted(directory, Time{});
    {
        FullDisk const full;
        begins = true;
        harness.await("refused", [&] { return refused >= 2; });
    }
    harness.awaitReceived(2);
    harness.advance(1s);
    harness.context().stop();
    CHECK(seen == Strings{"x", "y"});
    CHECK(position == 1);
}

TEST_CASE("damage in the log is told with file and byte; a batch that had what is lost runs again without it, and that is told")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    {
        Life life{directory, Time{}, {}, true};
        life.receiver().store(Strings{"first"});
        life.receiver().store(Strings{"second"});
        life.receiver().store(Strings{"third"});
        life.tick();
    }
    auto const file = detail::WriteAheadLog::path(directory, 1);
    std::string bytes{io::FileBytes{file}.view()};
    bytes[bytes.find("second")] = 'x';
    folder.write("x/received-1", bytes, 0);
    Life life{directory, Time{1s}};
    life.stop();
    CHECK(life.batches == Strings{"1: first third "});
    CHECK(life.wasTold(file + " is damaged at byte "));
    CHECK(life.wasTold("the batch had begun, and 1 blocks that it had received are not in the log any more"));
}

TEST_CASE("text: lines of a batch that was not done come again, as they were cut")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    io::Wakeup wake;
    io::Listener listener;
    auto const run = [&](Time now, bool failing, std::string const& sends, std::int64_t lines, bool ticks = true, double rate = 0) {
        Strings seen;
        testing::Harness harness{
            {.master = "inline", .receiverMaxRate = rate, .receiverRestartDelay = 100s, .onBatchFailure = sluice::stop, .log = silent}};
        harness.clock().setTime(now);
        checkpoint(harness.context(), directory);
        socketTextStream(harness.context(), "127.0.0.1", listener.port()) | named("text") | checkpoint() |
            foreachRDD([&](auto batch, Time t) {
                if (failing) throw InvalidArgument{"killed here"};
                std::string all;
                for (auto const& line : batch | collect()) all += line + '|';
                // A stop may make empty ones, as long as the receiver's thread has not seen that its limit has room again.
                if (!all.empty()) seen.push_back(std::to_string(t.milliseconds() / 1000) + ": " + all);
            });
        harness.start();
        auto client = listener.accept(wake);
        client.writeAll(sends);
        client.close();
        harness.awaitReceived(lines);
        try {
            if (ticks) harness.advance(1s);
        } catch (StreamError const&) {
        }
        harness.context().stop({.gracefully = !failing && ticks});
        return seen;
    };
    CHECK(run(Time{}, true, "one\ntwo\r\nlast without end", 3).empty());
    CHECK(run(Time{1s}, false, "new\n", 1) == Strings{"1: one|two|last without end|", "2: new|"});
    CHECK(run(Time{2s}, false, "more\n", 1) == Strings{"3: more|"});
    CHECK(run(Time{3s}, false, "no batch\nhas these", 2, false).empty());
    CHECK(run(Time{3s}, false, "behind them\n", 1) == Strings{"4: no batch|has these|behind them|"});
    CHECK(run(Time{4s}, false, "end", 1) == Strings{"5: end|"});
    // A limit cuts what came into batches: what is behind it waits.
    CHECK(run(Time{5s}, true, "a\nb\nc\n", 3, true, 1).empty());
    CHECK(run(Time{6s}, false, "d\n", 1, true, 1) == Strings{"6: a|", "7: b|c|d|"});
}
