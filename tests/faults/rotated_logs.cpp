#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/tail_text_file_stream.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

// A log that is rotated at any moment, while it is followed on the clock on the wall: each line comes once, in order. So many
// rotations of each kind as SLUICE_ROUNDS says, in the directory that TMPDIR says. What would be lost to every reader does not
// happen: nothing is written between a copy and its truncation, and no file is removed whose lines no batch has seen.

namespace {

int rotationsOr(int few)
{
    char const* const text = std::getenv("SLUICE_ROUNDS");
    return text != nullptr ? std::atoi(text) : few;
}

enum class Rotation {
    rename,      // and the writer opens the new file at once
    renameLate,  // the writer goes on in the old file for a while
    copy,        // and truncate; the writer appends
    copySparse   // and truncate; the writer keeps its place
};

/// A program that writes numbered lines, piece by piece, and whose log is rotated.
class Writer {
public:
    Writer(Temporary const& dir, Rotation how, std::atomic<std::size_t> const& seen)
        : dir_(dir), how_(how), seen_(seen), random_(static_cast<unsigned>(how))
    {
        open();
    }
    Writer(Writer const&) = delete;
    Writer& operator=(Writer const&) = delete;
    ~Writer() { ::close(file_); }

    void write()
    {
        for (auto n = random_() % 8; n > 0; --n) {
            auto const line = "line " + std::to_string(lines_++) + std::string(random_() % 40, '.') + '\n';
            auto const half = random_() % 2 == 0 ? line.size() : random_() % line.size();
            put(line.substr(0, half));
            if (random_() % 8 == 0) pause();
            put(line.substr(half));
        }
    }
    void rotate()
    {
        ends_.push_back(lines_);
        if (ends_.size() > most) waitFor(ends_[ends_.size() - most]);  // the oldest is removed, and what was written to it late
        for (auto i = ends_.size() < most ? ends_.size() - 1 : most - 1; i > 0; --i) rename(name(i), name(i + 1));
        switch (how_) {
            case Rotation::rename: rename(name(0), name(1)); return reopen();
            case Rotation::renameLate:
                rename(name(0), name(1));
                if (random_() % 2 == 0) ::close(::open(name(0).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
                write();
                pause();
                write();
                return reopen();
            default:
                std::filesystem::copy_file(name(0), name(1));
                if (random_() % 2 == 0) pause();
                REQUIRE(::truncate(name(0).c_str(), 0) == 0);
        }
    }
    void pause() { std::this_thread::sleep_for(std::chrono::microseconds{random_() % 2000}); }
    /// Until so many lines were seen, or all that were written.
    void waitFor(std::size_t lines) const
    {
        for (int tries = 0; tries < 60'000 && seen_ < lines; ++tries) std::this_thread::sleep_for(1ms);
        CHECK(seen_ >= lines);
    }
    [[nodiscard]] std::size_t lines() const { return lines_; }

private:
    [[nodiscard]] std::string name(std::size_t i) const { return dir_.path(i == 0 ? "log" : "log." + std::to_string(i)); }
    static void rename(std::string const& from, std::string const& to) { ::rename(from.c_str(), to.c_str()); }
    void open()
    {
        file_ = ::open(name(0).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (how_ == Rotation::copySparse ? 0 : O_APPEND), 0600);
        REQUIRE(file_ >= 0);
    }
    void reopen()
    {
        ::close(file_);
        open();
    }
    void put(std::string const& bytes) const { REQUIRE(::write(file_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())); }

    static constexpr std::size_t most = 100;  // that are kept

    Temporary const& dir_;
    Rotation how_;
    std::atomic<std::size_t> const& seen_;
    std::vector<std::size_t> ends_;  // how many lines there were when it was rotated
    std::minstd_rand random_;
    int file_ = -1;
    std::size_t lines_ = 0;
};

void run(Rotation how, int rotations)
{
    CAPTURE(static_cast<int>(how));
    Temporary const dir;
    std::atomic<std::size_t> seen = 0;
    std::size_t wrong = 0;
    std::string firstWrong;
    Writer writer{dir, how, seen};
    StreamingContext context{{.master = "local[1]", .exclusive = false, .log = silent}, 2ms};
    tailTextFileStream(context, dir.path("log"), {.rotatedFor = 1s}) | foreachRDD([&](auto batch) {
        auto const lines = batch | collect();
        for (auto const& line : lines) {
            auto const wanted = "line " + std::to_string(seen++);
            if (line.starts_with(wanted) && line.find_first_not_of('.', wanted.size()) == std::string::npos) continue;
            if (wrong++ == 0) firstWrong = wanted + ", got " + line;
        }
    });
    context.start();
    for (int i = 0; i < rotations; ++i) {
        writer.write();
        if (i % 4 != 0) writer.pause();  // else several rotations between two batches
        writer.write();
        writer.rotate();
    }
    writer.write();
    writer.waitFor(writer.lines());
    std::this_thread::sleep_for(6ms);  // nothing comes twice
    context.stop();
    CHECK_NOTHROW(context.awaitTermination());
    CAPTURE(firstWrong);
    CHECK(wrong == 0);
    CHECK(seen == writer.lines());
}

}  // namespace

TEST_CASE("each line of a log that is rotated at any moment comes once, in order")
{
    int const rotations = rotationsOr(25);
    for (auto const how : {Rotation::rename, Rotation::renameLate, Rotation::copy, Rotation::copySparse}) run(how, rotations);
}
