#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "dying.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// A program with a receiver whose source numbers what it sends, and a channel, both kept, killed at each of its writes, syncs, and so on: a
// write in its middle. The source outlives it, and sends again what it was not told is stored. The next life goes on from the directory, and
// may be killed, too, while it does. In the end each number is in the outputs once, in its order, with all that the source was told is
// stored; the sums behind each batch are those of its numbers; a batch that ran again had the same records; and nothing of the channel is
// there twice.
//
//   received_kills           a sample, as the checks run it
//   received_kills LIVES     at random, so many lives, by a seed that is printed

using namespace sluice;
using namespace std::chrono_literals;

namespace {

void require(bool holds, std::string const& what)
{
    if (holds) return;
    std::fprintf(stderr, "received_kills: %s\n", what.c_str());
    ::_exit(1);
}

/// What outlives the processes: of the source, up to which number it was told that it is stored; and what the channel was given.
struct Outside {
    std::int64_t told;
    std::int64_t pushed;
};
Outside& outside()
{
    static auto& all = *static_cast<Outside*>(::mmap(nullptr, sizeof(Outside), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    return all;
}

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
        auto const end = outside().told + n;
        for (auto number = outside().told + 1; number <= end; ++number) {
            if (number > last) fresh.push_back(number);  // else it is here already
        }
        if (!fresh.empty()) require(storeUpTo(std::move(fresh), encode(end)), "it was not stored");
        if (last < end) last = end;
        outside().told = end;
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

std::map<std::int64_t, Written> writtenIn(std::string const& folder)
{
    std::map<std::int64_t, Written> all;
    for (auto const& name : io::listNames(folder)) {
        if (name[0] != '.') all[std::stoll(name)] = decode<Written>(io::FileBytes{folder + "/" + name}.view());
    }
    return all;
}

void run(std::string const& folder, int batches, std::string const& master, unsigned seed)
{
    std::mt19937 random{seed};
    auto const output = folder + "/output";
    auto const before = writtenIn(output);
    ManualClock clock{before.empty() ? Time{} : Time{std::chrono::milliseconds{before.rbegin()->first}}};
    StreamingContext ssc{{.master = master, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, folder + "/checkpoint",
               {.interval = seed % 2 == 0 ? 1s : 3s,
                .writeAheadLog = {.rollingInterval = 1s, .sync = seed % 3 == 0 ? LogSync::batches : LogSync::stores}});
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
        auto const known = before.find(t.milliseconds());
        require(known == before.end() || known->second == now, "a batch that ran again was another one");
        io::replaceFile(output + "/" + std::to_string(t.milliseconds()), encode(now));
    });
    ssc.start();
    receiver->started.wait(false);
    for (int i = 0; i < batches; ++i) {
        for (auto stores = random() % 3; stores > 0; --stores) {
            receiver->receive(1 + static_cast<std::int64_t>(random() % 5));
            if (random() % 2 == 0) channel.push(++outside().pushed);
        }
        clock.advance(1s);
        ssc.awaitBatches();
    }
    receiver->receive(1);  // it is in no batch yet
    ssc.stop({.gracefully = random() % 2 == 0});
}

/// A life; or it dies.
int live(std::string const& folder, long operations, int batches, std::string const& master, unsigned seed)
{
    std::fflush(nullptr);
    static_cast<void>(outside());
    auto const child = ::fork();
    if (child != 0) {
        int status = 0;
        ::waitpid(child, &status, 0);
        require(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == killed), "a life ended by itself");
        return WEXITSTATUS(status);
    }
    try {
        left = operations;
        run(folder, batches, master, seed);
        left = 0;
    } catch (std::exception const& error) {
        require(false, error.what());
    }
    ::_exit(0);
}

/// Each number once, those that the source was told are stored all, but for those that wait for a batch.
void verify(std::string const& folder, bool all)
{
    std::int64_t last = 0;
    std::set<std::int64_t> pushed;
    std::map<int, std::int64_t> sums;
    std::int64_t time = 0;
    for (auto const& [ms, written] : writtenIn(folder + "/output")) {
        require(ms == (time += 1000), "a batch is missing");
        for (auto const number : written.numbers) {
            require(number == ++last, "a number is missing, or there twice");
            sums[static_cast<int>(number % keys)] += number;
        }
        require(written.sums == sums, "the sums behind a batch are other ones");
        for (auto const number : written.pushed) require(pushed.insert(number).second, "something of the channel is there twice");
    }
    if (all) require(last >= outside().told && last > 0, "what the source was told is stored is lost");
}

struct Folder {
    explicit Folder(int number)
        : path(std::filesystem::temp_directory_path() / ("sluice-received-" + std::to_string(::getpid()) + "-" + std::to_string(number)))
    {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path / "output");
        outside() = {};
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

/// One whole life, and one more batch behind it, for what waits.
void finish(std::string const& folder, std::string const& master, unsigned seed)
{
    live(folder, 0, 3, master, seed);
    verify(folder, false);
    auto const told = outside().told;
    live(folder, 0, 1, master, seed);
    outside().told = told;
    verify(folder, true);
}

}  // namespace

int main(int argc, char** arguments)
{
    int lives = 0;
    long most = 0;
    if (argc > 1) {
        auto const seed = std::random_device{}();
        std::mt19937 random{seed};
        std::printf("seed %u\n", seed);
        Folder const folder{0};
        for (auto wanted = std::atoi(arguments[1]); lives < wanted; ++lives) {
            live(folder.path, 1 + static_cast<long>(random() % 120), 1 + static_cast<int>(random() % 8),
                 random() % 2 == 0 ? "inline" : "local[2]", static_cast<unsigned>(random()));
            verify(folder.path, false);
        }
        finish(folder.path, "inline", seed);
    } else {
        for (long at = 1; most == 0; ++at) {
            Folder const folder{static_cast<int>(at)};
            auto const seed = static_cast<unsigned>(at);
            if (live(folder.path, at, 4, "inline", seed) == 0) most = at;
            if (at % 3 == 0) live(folder.path, 1 + at % 11, 2, "local[2]", seed + 1);  // while it goes on
            finish(folder.path, at % 2 == 0 ? "inline" : "local[2]", seed);
            lives += 3;
        }
        require(most > 20, "it did not die often");
    }
    std::printf("%d lives, %ld operations in one\n", lives, most);
}
