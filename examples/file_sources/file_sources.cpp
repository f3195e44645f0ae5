// Files that appear in a directory are the stream: lines of text, and records of a format of one's own. A file appears by being
// renamed into the directory, whole; each is taken once.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Writes a file beside the directory, and moves it in. Its time is set, so that this program prints the same each time.
void drop(fs::path const& directory, char const* name, std::string_view text, Time modified)
{
    auto const written = directory.parent_path() / name;
    std::ofstream{written} << text;
    fs::last_write_time(written, fs::file_time_type::clock::from_sys(std::chrono::sys_time<Duration>{modified - Time{}}));
    fs::rename(written, directory / name);
}

/// A format: a file of temperatures is one record, their mean.
struct Mean {
    std::vector<double> operator()(std::string_view bytes) const
    {
        double total = 0;
        int n = 0;
        for (auto const number : split()(bytes)) total += std::stod(std::string(number)), ++n;
        return n > 0 ? std::vector{total / n} : std::vector<double>{};
    }
};

}  // namespace

int main()
{
    auto const home = fs::temp_directory_path() / "sluice-file-sources";
    fs::remove_all(home);
    fs::create_directories(home / "logs");
    fs::create_directories(home / "rooms");

    ManualClock const clock;
    StreamingContext ssc{{.master = "local[2]", .clock = clock}, 10s};

    textFileStream(ssc, (home / "logs").string()) | filter([](std::string_view line) { return line.starts_with("error"); }) |
        foreachRDD([](auto errors, Time t) {
            std::printf("%2lld s\n", static_cast<long long>(t.milliseconds() / 1000));
            for (auto const& line : errors | collect()) std::printf("  %s\n", line.c_str());
        });

    fileStream<Mean>(ssc, (home / "rooms").string()) | foreachRDD([](auto means) {
        for (double const one : means | collect()) std::printf("  mean %.1f\n", one);
    });

    ssc.start();
    drop(home / "logs", "a.log", "all is well\nerror: the disk is full\n", Time{3s});
    drop(home / "rooms", "kitchen", "21.5 22.5\n23.5", Time{4s});
    drop(home / "rooms", "attic", "30 32", Time{5s});
    clock.advance(10s);
    ssc.awaitBatches();

    drop(home / "logs", "b.log", "error: still full\n", Time{12s});
    drop(home / "logs", "a.log", "it was taken already\n", Time{13s});
    clock.advance(10s);
    ssc.awaitBatches();

    clock.advance(10s);
    ssc.awaitBatches();
    ssc.stop();
    fs::remove_all(home);
}
