#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "dying.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

// A program with a state, windows, a source that is pulled from and an output that replaces what it has written for a batch, killed at each of its
// writes, syncs, renames, and so on: a write in its middle. The next life goes on from the directory, and may be killed, too, while it does.
// In the end each record is in the state once and in the output once, windows have the last three batches, and a batch that ran again had
// the same records.
//
//   checkpoint_kills           a sample, as the checks run it
//   checkpoint_kills LIVES     at random, so many lives, by a seed that is printed

using namespace sluice;
using namespace std::chrono_literals;

// ---- a life -------------------------------------------------------------------------------------------------------------

namespace {

constexpr int keys = 7;

/// The numbers from 0 on, in batches whose sizes nobody can foresee.
struct Numbers {
    std::int64_t next = 0;
    std::mt19937 random{std::random_device{}()};

    auto batch(Time) { return take(next + static_cast<std::int64_t>(random() % 9)); }
    auto batch(Time, std::string_view end) { return take(decode<std::int64_t>(end)); }
    std::pair<std::int64_t, std::int64_t> positions(Time) const { return {begin, next}; }
    std::string position() const { return encode(next); }
    void restore(std::string_view position) { next = decode<std::int64_t>(position); }

    RDD<std::pair<int, std::int64_t>> take(std::int64_t end)
    {
        begin = next;
        std::vector<std::pair<int, std::int64_t>> records;
        for (; next < end; ++next) records.emplace_back(static_cast<int>(next % keys), next);
        return rdd(std::move(records));
    }
    std::int64_t begin = 0;
};

using Sums = std::map<int, std::int64_t>;

/// What the output has of a batch.
struct Written {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    Sums sums;
    std::vector<std::int64_t> lasting;  // of the last three batches, as all others
    Sums lastSums;
    Sums lastSumsByInverse;
    bool operator==(Written const&) const = default;
};

std::map<std::int64_t, Written> writtenIn(std::string const& folder)
{
    std::map<std::int64_t, Written> all;
    for (auto const& name : io::listNames(folder)) {
        if (name[0] == '.') continue;
        all[std::stoll(name)] = decode<Written>(io::FileBytes{folder + "/" + name}.view());
    }
    return all;
}

void require(bool holds, std::string const& what)
{
    if (holds) return;
    std::fprintf(stderr, "checkpoint_kills: %s\n", what.c_str());
    ::_exit(1);
}

/// Runs some batches, and stops; or dies.
int live(std::string const& folder, long operations, int batches, std::string const& master)
{
    std::fflush(nullptr);
    auto const child = ::fork();
    if (child != 0) {
        int status = 0;
        ::waitpid(child, &status, 0);
        require(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == killed), "a life ended by itself");
        return WEXITSTATUS(status);
    }
    try {
        auto const output = folder + "/output";
        auto const before = writtenIn(output);
        left = operations;
        ManualClock clock{before.empty() ? Time{} : Time{std::chrono::milliseconds{before.rbegin()->first}}};
        StreamingContext ssc{{.master = master, .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, folder + "/checkpoint", {.interval = folder.back() % 2 == 0 ? 1s : 3s});
        Written now;
        auto const asSums = [](auto const& batch) {
            auto const all = batch | collect();
            return Sums(all.begin(), all.end());
        };
        auto numbers = pullStream(ssc, Numbers{}) | named("numbers");
        auto const addUp = [](int, std::optional<std::int64_t> number, State<std::int64_t>& sum) {
            sum.update(sum.getOption().value_or(0) + number.value_or(0));
            return sum.get();
        };
        numbers | mapWithState(StateSpec{addUp}) | named("sums") | checkpoint() | stateSnapshots() |
            foreachRDD([&](auto batch) { now.sums = asSums(batch); });
        numbers | map([](auto const& pair) { return pair.second; }) | window(3s) | named("lasting") | checkpoint() |
            foreachRDD([&](auto batch) { now.lasting = batch | collect(); });
        numbers | reduceByKeyAndWindow(std::plus{}, 3s) | named("lastSums") | checkpoint() |
            foreachRDD([&](auto batch) { now.lastSums = asSums(batch); });
        numbers | reduceByKeyAndWindow(std::plus{}, std::minus{}, 3s) | named("lastSumsByInverse") | checkpoint() |
            foreachRDD([&](auto batch) { now.lastSumsByInverse = asSums(batch); });
        numbers | foreachRDD([&](auto batch, Time t) {
            auto const [begin, end] = positionsOf(batch);
            now.begin = begin;
            now.end = end;
            auto const known = before.find(t.milliseconds());
            require(known == before.end() || known->second == now, "a batch that ran again was another one");
            io::replaceFile(output + "/" + std::to_string(t.milliseconds()), encode(now));
        });
        ssc.start();
        for (int i = 0; i < batches; ++i) {
            clock.advance(1s);
            ssc.awaitBatches();
        }
        ssc.stop({.gracefully = true});
        left = 0;
    } catch (std::exception const& error) {
        require(false, error.what());
    }
    ::_exit(0);
}

/// Each number once, in the output and in the states behind each batch.
void verify(std::string const& folder)
{
    std::int64_t next = 0;
    Sums sums;
    std::int64_t time = 0;
    std::int64_t begins[3] = {};  // of the last batches
    for (auto const& [ms, written] : writtenIn(folder + "/output")) {
        require(ms == (time += 1000), "a batch is missing");
        require(written.begin == next, "a batch does not begin where the one before it ends");
        for (; next < written.end; ++next) sums[static_cast<int>(next % keys)] += next;
        require(written.sums == sums, "the states behind a batch are other ones");
        begins[0] = std::exchange(begins[1], std::exchange(begins[2], written.begin));
        std::vector<std::int64_t> lasting;
        Sums lastSums;
        for (auto number = begins[0]; number < next; ++number) {
            lasting.push_back(number);
            lastSums[static_cast<int>(number % keys)] += number;
        }
        require(written.lasting == lasting, "a window has other records");
        require(written.lastSums == lastSums, "a window has other sums");
        require(written.lastSumsByInverse == lastSums, "a window with an inverse has other sums");
    }
    require(next > 0, "nothing was written");
}

struct Folder {
    explicit Folder(int number)
        : path(std::filesystem::temp_directory_path() / ("sluice-kills-" + std::to_string(::getpid()) + "-" + std::to_string(number)))
    {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path / "output");
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

/// What cannot be read is put aside, and whoever is killed meanwhile leaves nothing that would be read as something older.
void putAside()
{
    Folder const folder{-1};
    auto const all = (folder.path / "all").string();
    {
        detail::CheckpointStore store{all, [](std::string const&) {}, {.leastLog = 1, .mostCommits = 1}};
        for (int i = 1; i <= 12; ++i) {
            store.commit(detail::CheckpointCommit{Time{std::chrono::seconds{i}}});
            store.awaitImage();
        }
    }
    auto const files = detail::CheckpointFiles::in(all);
    require(files.images.size() == 2, "there are not two images");
    // The newest is of a later version of the library: that is thrown, though an older one is whole.
    detail::RecordWriter newest{detail::CheckpointFiles::image(all, files.logs.back() + 1)};
    newest.append(detail::checkpointRecord(detail::CheckpointRecord::header, [&](BinaryWriter& writer) {
        writer.text(detail::checkpointMagic);
        writer.size(detail::checkpointVersion + 1);
        writer.size(files.logs.back() + 1);
    }));
    newest.sync();
    for (long at = 1;; ++at) {
        auto const directory = (folder.path / std::to_string(at)).string();
        std::filesystem::copy(all, directory);
        std::fflush(nullptr);
        auto const child = ::fork();
        if (child == 0) {
            left = at;
            auto const told = detail::putAsideUnreadable(directory);
            left = 0;
            ::_exit(told.empty() ? 1 : 0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        require(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == killed), "putting aside failed");
        try {
            detail::CheckpointReader const reader{directory, [](std::string const&) {}};
            require(reader.empty(), "something older is read");
        } catch (StreamError const&) {
            require(WEXITSTATUS(status) == killed, "it was not put aside");
        }
        if (WEXITSTATUS(status) == 0) {
            require(at > 5, "it did not die often");
            return;
        }
    }
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
                 random() % 2 == 0 ? "inline" : "local[2]");
            verify(folder.path);
        }
    } else {
        for (long at = 1; most == 0; ++at) {
            Folder const folder{static_cast<int>(at)};
            if (live(folder.path, at, 4, "inline") == 0) most = at;
            if (at % 3 == 0) live(folder.path, 1 + at % 11, 2, "local[2]");  // while it goes on
            live(folder.path, 0, 3, at % 2 == 0 ? "inline" : "local[2]");
            verify(folder.path);
            lives += 2;
        }
        require(most > 20, "it did not die often");
        putAside();
    }
    std::printf("%d lives, %ld operations in one\n", lives, most);
}
