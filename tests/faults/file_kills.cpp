#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "dying.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// A program that takes files which appear in a directory, follows a log that is rotated by renaming and by copying, and counts their lines,
// killed at each of its writes, syncs, renames, and so on: a write in its middle. The next life goes on from the directory, and may be killed,
// too, while it does. Files and lines come in its life and between its lives. In the end each line is in the output once, and counted once in
// the states behind each batch, and a batch that ran again had the same lines.
//
//   file_kills           a sample, as the checks run it
//   file_kills LIVES     at random, so many lives, by a seed that is printed

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using Counts = std::map<std::string, std::int64_t>;

/// What the output has of a batch.
struct Written {
    Lines files;
    Lines log;
    Counts counts;
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

/// Who writes the files and the log: it is not killed, and finds by what is there how far it was.
class Writer {
public:
    explicit Writer(std::string folder) : folder_(std::move(folder))
    {
        std::filesystem::create_directories(folder_ + "/in");
        std::filesystem::create_directories(folder_ + "/log");
        std::ofstream{log(0), std::ios::app};
    }

    /// No batch has begun that is later.
    [[nodiscard]] Time now() const
    {
        std::int64_t time = 0;
        std::ifstream{folder_ + "/clock"} >> time;
        return Time{Duration{time}};
    }
    /// Something new of each kind, at a time; a batch a second later may be the next one.
    void write(Time t) const
    {
        auto const before = left.exchange(0);
        std::ofstream{folder_ + "/clock"} << (t + 1s).microseconds();
        auto const step = static_cast<int>(std::distance(std::filesystem::directory_iterator{folder_ + "/in"}, {}));
        auto const number = std::to_string(step);
        append("log " + number + " whole\n" + (step % 2 == 1 ? "ends here\n" : ""));  // the half line of the step before
        if (step % 4 == 1) {
            for (int i = rotated(); i > 0; --i) std::filesystem::rename(log(i), log(i + 1));
            std::filesystem::rename(log(0), log(1));
            append("log " + number + " in the new one\n");
        } else if (step % 4 == 3) {
            for (int i = rotated(); i > 0; --i) std::filesystem::rename(log(i), log(i + 1));
            std::filesystem::copy_file(log(0), log(1));
            std::ofstream{log(0), std::ios::trunc};
            append("log " + number + " behind the copy\n");
        }
        if (step % 2 == 0) append("log " + number + " which is half a line, and ");
        auto const hidden = folder_ + "/in/.writing";
        std::ofstream{hidden} << "file " << number << " a\nfile " << number << " b\n";
        timespec const stamp{static_cast<time_t>(t.microseconds() / 1'000'000), 0};
        timespec const both[2] = {stamp, stamp};
        ::utimensat(AT_FDCWD, hidden.c_str(), both, 0);
        std::filesystem::rename(hidden, folder_ + "/in/" + std::to_string(1000 + step));
        left = before;
    }

    /// All lines of files, and all whole ones of the log, in their order.
    [[nodiscard]] Lines files() const
    {
        Lines all;
        for (auto const& name : io::listNames(folder_ + "/in")) add(all, folder_ + "/in/" + name);
        return all;
    }
    [[nodiscard]] Lines logs() const
    {
        Lines all;
        for (int i = rotated(); i >= 0; --i) add(all, log(i));
        return all;
    }

private:
    [[nodiscard]] std::string log(int number) const { return folder_ + "/log/log" + (number > 0 ? "." + std::to_string(number) : ""); }
    [[nodiscard]] int rotated() const
    {
        int n = 0;
        while (std::filesystem::exists(log(n + 1))) ++n;
        return n;
    }
    void append(std::string const& text) const { std::ofstream{log(0), std::ios::app} << text; }
    static void add(Lines& all, std::string const& path)
    {
        io::FileBytes const bytes{path};
        auto text = bytes.view();
        for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
            all.emplace_back(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
    }

    std::string folder_;
};

void require(bool holds, std::string const& what)
{
    if (holds) return;
    std::fprintf(stderr, "file_kills: %s\n", what.c_str());
    ::_exit(1);
}

/// Runs some batches, and stops.
void run(std::string const& folder, int batches, std::string const& master)
{
    auto const output = folder + "/output";
    auto const before = writtenIn(output);
    Writer const writer{folder};
    auto const begin = before.empty() ? Time{} : batches % 2 == 0 ? writer.now() + 2s : writer.now();  // nobody was there for a while
    ManualClock clock{begin};
    if (!before.empty()) writer.write(clock.now());
    StreamingContext ssc{{.master = master, .fileStreamMinRememberDuration = 3s, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, folder + "/checkpoint", {.interval = folder.back() % 2 == 0 ? 1s : 3s});
    Written now;
    auto const files = textFileStream(ssc, folder + "/in") | named("files");
    auto const log = tailTextFileStream(ssc, folder + "/log/log") | named("log");
    auto const countUp = [](std::string_view, std::optional<int> line, State<std::int64_t>& count) {
        count.update(count.getOption().value_or(0) + (line ? 1 : 0));
        return count.get();
    };
    files | unionWith(log) | map([](std::string_view line) { return std::pair{line, 1}; }) | mapWithState(StateSpec{countUp}) |
        named("counts") | checkpoint() | stateSnapshots() | foreachRDD([&](auto batch) {
            auto const all = batch | collect();
            now.counts = Counts(all.begin(), all.end());
        });
    files | foreachRDD([&](auto batch) { now.files = batch | collect(); });
    log | foreachRDD([&](auto batch, Time t) {
        now.log = batch | collect();
        auto const known = before.find(t.milliseconds());
        require(known == before.end() || known->second == now, "a batch that ran again was another one");
        io::replaceFile(output + "/" + std::to_string(t.milliseconds()), encode(now));
    });
    ssc.start();
    for (int i = 0; i < batches; ++i) {
        writer.write(clock.now());
        clock.advance(1s);
        ssc.awaitBatches();
    }
    ssc.stop({.gracefully = true});
    ssc.awaitTermination();     // which throws what has failed
    writer.write(clock.now());  // when nobody is there
}

/// Each line once, in its order, in the output and in the states behind each batch. The newest may not have been taken yet: where the last
/// life was not killed, those that have come behind it.
void verify(std::string const& folder, bool isWhole)
{
    Lines files;
    Lines log;
    Counts counts;
    std::int64_t time = 0;
    for (auto const& [ms, written] : writtenIn(folder + "/output")) {
        require(ms == (time += 1000), "a batch is missing");
        files.insert(files.end(), written.files.begin(), written.files.end());
        log.insert(log.end(), written.log.begin(), written.log.end());
        for (auto const* const lines : {&written.files, &written.log}) {
            for (auto const& line : *lines) ++counts[line];
        }
        require(written.counts == counts, "the states behind a batch are other ones");
    }
    auto const begin = [](Lines all, std::size_t lines) {
        all.resize(lines);
        return all;
    };
    Writer const writer{folder};
    auto const wantedFiles = writer.files();
    auto const wantedLog = writer.logs();
    require(files.size() <= wantedFiles.size() && files == begin(wantedFiles, files.size()), "files were taken twice, or left out");
    require(log.size() <= wantedLog.size() && log == begin(wantedLog, log.size()), "lines were read twice, or left out");
    if (isWhole) require(files.size() + 2 >= wantedFiles.size() && log.size() + 4 >= wantedLog.size(), "what was written was not taken");
}

/// A life in a process of its own, which dies at that operation; how that ended.
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
        left = operations;
        run(folder, batches, master);
        left = 0;
    } catch (std::exception const& error) {
        require(false, error.what());
    }
    ::_exit(0);
}

struct Folder {
    explicit Folder(int number)
        : path(std::filesystem::temp_directory_path() / ("sluice-file-kills-" + std::to_string(::getpid()) + "-" + std::to_string(number)))
    {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path / "output");
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

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
            auto const ended = live(folder.path, 1 + static_cast<long>(random() % 120), 1 + static_cast<int>(random() % 8),
                                    random() % 2 == 0 ? "inline" : "local[2]");
            verify(folder.path, ended == 0);
        }
    } else {
        for (long at = 1; most == 0; ++at) {
            Folder const folder{static_cast<int>(at)};
            if (live(folder.path, at, 4, "inline") == 0) most = at;
            if (at % 3 == 0) live(folder.path, 1 + at % 11, 2, "local[2]");  // while it goes on
            live(folder.path, 0, 3, at % 2 == 0 ? "inline" : "local[2]");
            verify(folder.path, true);
            lives += 2;
        }
        require(most > 20, "it did not die often");
    }
    std::printf("%d lives, %ld operations in one\n", lives, most);
}
