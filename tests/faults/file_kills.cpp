#include "dying.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// A program that takes files which appear in a directory, follows a log that is rotated by renaming and by copying, and counts their lines,
// killed at each of its writes, syncs, renames, and so on: a write in its middle. The next life goes on from the directory, and may be killed,
// too, while it does. Files and lines come in its life and between its lives. In the end each line is in the output once, and counted once in
// the states behind each batch, and a batch that ran again had the same lines.
//
//   file_kills           a sample, as the checks run it
//   file_kills LIVES     at random, so many lives, by a seed that is printed
//   file_kills full      a full disk at each operation, in all ways, and not in one of them

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

/// Who writes the files and the log: it is not killed, and finds by what is there how far it was.
class Writer {
public:
    explicit Writer(std::string folder) : folder_(std::move(folder))
    {
        std::filesystem::create_directories(folder_ + "/in");
        std::filesystem::create_directories(folder_ + "/log");
        append("");
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
        put(folder_ + "/clock", std::to_string((t + 1s).microseconds()));
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
            put(log(0), "");
            append("log " + number + " behind the copy\n");
        }
        if (step % 2 == 0) append("log " + number + " which is half a line, and ");
        auto const hidden = folder_ + "/in/.writing";
        put(hidden, "file " + number + " a\nfile " + number + " b\n");
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
    void append(std::string const& text) const { put(log(0), text, std::ios::app); }
    /// Where its own disk is full nothing of what follows would say why.
    static void put(std::string const& path, std::string const& text, std::ios::openmode how = std::ios::trunc)
    {
        std::ofstream file{path, how};
        file << text;
        file.close();
        require(file.good(), path + " could not be written, by the test itself");
    }
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

/// Runs some batches, and stops.
void run(Life const& life)
{
    Output<Written> output{life.folder + "/output", life.folder.back() % 2 == 0 ? 1s : 3s};
    Writer const writer{life.folder};
    bool const isFirst = output.batches().empty();
    ManualClock clock{isFirst ? Time{} : life.batches % 2 == 0 ? writer.now() + 2s : writer.now()};  // nobody was there for a while
    if (!isFirst) writer.write(clock.now());
    StreamingContext ssc{{.master = life.master, .fileStreamMinRememberDuration = 3s, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, life.folder + "/checkpoint", {.interval = life.folder.back() % 2 == 0 ? 1s : 3s});
    Written now;
    auto const files = textFileStream(ssc, life.folder + "/in") | named("files");
    auto const log = tailTextFileStream(ssc, life.folder + "/log/log") | named("log");
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
        output.write(t, now);
    });
    ssc.start();
    for (int i = 0; i < life.batches; ++i) {
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
    Output<Written> const output{folder + "/output"};
    for (auto const& [ms, written] : output.batches()) {
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
    if (isWhole) requireNothingHidden(folder);
    if (isWhole) require(files.size() + 2 >= wantedFiles.size() && log.size() + 4 >= wantedLog.size(), "what was written was not taken");
}

}  // namespace

int main(int argc, char** arguments) { killEverywhere(argc, arguments, 4, run, verify); }
