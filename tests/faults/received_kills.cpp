#include "crash_images.hpp"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

// A program with a receiver whose source numbers what it sends, and a channel, both kept, killed at each of its writes, syncs, and so on: a
// write in its middle. The source outlives it, and sends again what it was not told is stored. The next life goes on from the directory, and
// may be killed, too, while it does. In the end each number is in the outputs once, in its order, with all that the source was told is
// stored; the sums behind each batch are those of its numbers; a batch that ran again had the same records; and nothing of the channel is
// there twice.
//
//   received_kills           a sample, as the checks run it
//   received_kills LIVES     at random, so many lives, by a seed that is printed
//   received_kills full      a full disk at each operation, in all ways, and not in one of them
//   received_kills images    goes on from all images of what a power cut leaves, and of one within a recovery (crash_images.hpp)

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// It stores when the test says, in the test's thread.
struct Numbers : Receiver<std::int64_t> {
    explicit Numbers(Numbers*& self) { self = this; }
    void onStart() override { started = true, started.notify_all(); }
    void onStop() override {}
    void restore(std::string_view position) { last = decode<std::int64_t>(position); }

    /// The source sends so many numbers behind the last one that it was told of, and is told.
    void receive(std::int64_t n)
    {
        std::vector<std::int64_t> fresh;
        auto const end = outside.told + n;
        for (auto number = outside.told + 1; number <= end; ++number) {
            if (number > last) fresh.push_back(number);  // else it is here already
        }
        if (!fresh.empty() && !storeUpTo(std::move(fresh), encode(end))) return require(ending != Ending::death, "it was not stored");
        if (last < end) last = end;
        outside.told = end;
    }

    std::int64_t last = 0;
    std::atomic<bool> started{false};
};

/// What the output has of a batch.
struct Written {
    std::vector<std::int64_t> numbers;
    std::vector<std::int64_t> pushed;
    std::map<int, std::int64_t> sums;
    bool operator==(Written const&) const = default;
};
constexpr int keys = 7;

/// Runs some batches, and stops.
void runBatches(Life const& life)
{
    std::mt19937 random{life.seed};
    auto const interval = life.seed % 2 == 0 ? 1s : 3s;
    Output<Written> output{life.folder + "/output", interval};
    ManualClock clock{output.newest()};
    StreamingContext ssc{{.master = life.master, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, life.folder + "/checkpoint",
               {.interval = interval,
                .writeAheadLog = {.rollingInterval = 1s,
                                  .sync = life.losesUnsynced() || life.seed % 3 != 0 ? LogSync::stores : LogSync::batches}});
    Numbers* receiver = nullptr;
    auto numbers = receiverStream<std::int64_t>(ssc, [&] { return Numbers{receiver}; }) | named("numbers") | checkpoint();
    auto [channel, records] = channelStream<std::int64_t>(ssc);
    Written now;
    auto const addUp = [](int, std::optional<std::int64_t> number, State<std::int64_t>& sum) {
        sum.update(sum.getOption().value_or(0) + number.value_or(0));
        return 0;
    };
    numbers | map([](std::int64_t n) { return std::pair{static_cast<int>(n % keys), n}; }) | mapWithState(StateSpec{addUp}) |
        named("sums") | checkpoint() | stateSnapshots() | foreachRDD([&](auto batch) { now.sums = batch | collectAsMap(); });
    numbers | foreachRDD([&](auto batch) { now.numbers = batch | collect(); });
    records | named("channel") | checkpoint() | foreachRDD([&](auto batch, Time t) {
        now.pushed = batch | collect();
        output.write(t, now);
    });
    ssc.start();
    receiver->started.wait(false);
    for (int i = 0; i < life.batches; ++i) {
        for (auto stores = random() % 3 + (i == 0 ? 1 : 0); stores > 0; --stores) {
            receiver->receive(1 + static_cast<std::int64_t>(random() % 5));
            if (random() % 2 == 0) channel.push(++outside.pushed);
        }
        clock.advance(1s);
        ssc.awaitBatches();
    }
    outside.inBatches = outside.told;
    receiver->receive(1);  // it is in no batch yet
    ssc.stop({.gracefully = random() % 2 == 0});
}

/// And, where it is not killed, one more batch, for what waits.
void run(Life const& life)
{
    runBatches(life);
    if (life.operation == 0) runBatches({life.folder, 1, life.master, life.seed});
}

/// Each number once, those that the source was told are stored all, but for those that wait for a batch.
void verify(std::string const& folder, bool isWhole)
{
    std::int64_t last = 0;
    std::set<std::int64_t> pushed;
    std::map<int, std::int64_t> sums;
    std::int64_t time = 0;
    Output<Written> const output{folder + "/output"};
    for (auto const& [ms, written] : output.batches()) {
        require(ms == (time += 1000), "a batch is missing");
        for (auto const number : written.numbers) {
            require(number == ++last, "a number is missing, or there twice");
            sums[static_cast<int>(number % keys)] += number;
        }
        require(written.sums == sums, "the sums behind a batch are other ones");
        for (auto const number : written.pushed) require(pushed.insert(number).second, "something of the channel is there twice");
    }
    if (isWhole) require(last >= outside.inBatches && last > 0, "what the source was told is stored is lost");
    if (isWhole) requireNothingHidden(folder);
}

}  // namespace

int main(int argc, char** arguments)
{
    if (cutPower(argc, arguments, 4, run, verify)) return 0;
    killEverywhere(argc, arguments, 4, run, verify);
}
