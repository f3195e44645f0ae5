#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/text_file_stream.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// Files that appear in every way, at every moment around the making of a stream and its ticks, on the clock on the wall: each
// is read once. So many rounds as SLUICE_ROUNDS says, in the directory that TMPDIR says.

namespace {

int roundsOr(int few)
{
    char const* const text = std::getenv("SLUICE_ROUNDS");
    return text != nullptr ? std::atoi(text) : few;
}

/// What a writer does to a directory: each file has one line, its own.
class Writer {
public:
    Writer(Temporary const& dir, unsigned seed) : dir_(dir), random_(seed) {}

    /// One of these lines, once.
    using Either = std::vector<std::string>;

    /// A new file, in one of the ways in which one appears. What is to be read of it goes to `wanted`, or, where a reader may
    /// come too late for it, to `maybe`.
    void write(std::vector<Either>& wanted, std::vector<std::string>& maybe)
    {
        auto const name = std::to_string(++number_);
        auto const line = name + std::string(random_() % 3, 'x');
        put(".writing", line);
        switch (random_() % 6) {
            case 0:  // renamed, whole
            case 1: rename(".writing", name); return wanted.push_back({line});
            case 2:  // renamed once more, at once or later
                rename(".writing", name);
                if (random_() % 2 == 0) pause();
                rename(name, name + ".b");
                return wanted.push_back({line});
            case 3:  // linked, and the other name removed
                std::filesystem::create_hard_link(dir_.path(".writing"), dir_.path(name));
                dir_.remove(".writing");
                return wanted.push_back({line});
            case 4:  // another one of its name takes its place: it is read if the first one was not
                rename(".writing", name);
                if (random_() % 2 == 0) pause();
                put(".writing", line + "-new");
                rename(".writing", name);
                return wanted.push_back({line, line + "-new"});
            default:  // removed
                rename(".writing", name);
                if (random_() % 2 == 0) pause();
                dir_.remove(name);
                return maybe.push_back(line);
        }
    }
    void pause() { std::this_thread::sleep_for(std::chrono::microseconds{random_() % 3000}); }
    /// What is there before the stream, and what becomes of it: it is no new file.
    void writeOld() { put("old", "old"); }
    void renameOld() { rename("old", "renamed"); }

private:
    void put(std::string const& name, std::string const& line) const
    {
        auto* const file = std::fopen(dir_.path(name).c_str(), "wb");
        REQUIRE(file != nullptr);
        std::fputs((line + '\n').c_str(), file);
        std::fclose(file);
    }
    void rename(std::string const& from, std::string const& to) const { std::filesystem::rename(dir_.path(from), dir_.path(to)); }

    Temporary const& dir_;
    std::minstd_rand random_;
    int number_ = 0;
};

void run(unsigned seed)
{
    CAPTURE(seed);
    Temporary const dir;
    std::vector<Writer::Either> wanted;
    std::vector<std::string> maybe;
    std::mutex mutex;
    std::map<std::string, int> seen;
    auto const times = [&](Writer::Either const& either) {
        int n = 0;
        for (auto const& line : either) n += seen[line];
        return n;
    };
    Writer writer{dir, seed};
    writer.writeOld();
    {
        StreamingContext context{{.master = seed % 2 == 0 ? "inline" : "local[2]", .exclusive = false, .log = [](LogEntry const&) {}}, 2ms};
        textFileStream(context, dir.path()) | foreachRDD([&](auto batch) {
            auto const lines = batch | collect();
            std::lock_guard const lock{mutex};
            for (auto const& line : lines) ++seen[line];
        });
        writer.write(wanted, maybe);  // at once
        context.start();
        if (seed % 3 == 0) writer.renameOld();
        for (int i = 0; i < 5; ++i) {
            if (seed % 4 != 0) writer.pause();
            writer.write(wanted, maybe);
        }
        auto const all = [&] {
            std::lock_guard const lock{mutex};
            for (auto const& either : wanted) {
                if (times(either) == 0) return false;
            }
            return true;
        };
        for (int tries = 0; tries < 60'000 && !all(); ++tries) std::this_thread::sleep_for(1ms);
        std::this_thread::sleep_for(6ms);  // nothing comes twice
        context.stop();
        CHECK_NOTHROW(context.awaitTermination());
    }
    for (auto const& either : wanted) {
        CAPTURE(either.front());
        CHECK(times(either) == 1);
    }
    for (auto const& line : maybe) {
        CAPTURE(line);
        CHECK(seen[line] <= 1);
    }
    CHECK(!seen.contains("old"));
}

}  // namespace

TEST_CASE("files that are written, renamed, linked, replaced and removed at any moment are read once")
{
    int const rounds = roundsOr(15);
    for (int round = 1; round <= rounds; ++round) run(static_cast<unsigned>(round));
}
