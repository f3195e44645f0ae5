// Logs that other programs append to are the stream, as `tail -F` shows them: whole lines, each once, over every rotation, of all files
// that a pattern matches.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

using namespace sluice;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

void append(fs::path const& log, std::string_view text) { std::ofstream{log, std::ios::app} << text; }

}  // namespace

int main()
{
    auto const logs = fs::temp_directory_path() / "sluice-log-files";
    fs::remove_all(logs);
    fs::create_directories(logs);
    append(logs / "shop.log", "GET /from/before 200\n");

    ManualClock const clock;
    StreamingContext ssc{{.master = "local[2]", .clock = clock}, 10s};

    // From now on; TailFrom::beginning would read what is there, too.
    tailTextFileStream(ssc, (logs / "*.log").string()) | filter([](std::string_view line) { return !line.ends_with(" 200"); }) |
        foreachRDD([](auto errors, Time t) {
            std::printf("%2lld s\n", static_cast<long long>(t.milliseconds() / 1000));
            for (auto const& line : errors | collect()) std::printf("  %s\n", line.c_str());
        });

    ssc.start();
    auto const next = [&] {
        clock.advance(10s);
        ssc.awaitBatches();
    };

    append(logs / "shop.log", "GET /cart 500\nGET / 200\nGET /ca");  // half a line waits
    append(logs / "blog.log", "GET /feed 404\n");                    // a file that comes later
    next();

    append(logs / "shop.log", "rt 503\n");
    fs::rename(logs / "shop.log", logs / "shop.log.1");  // rotated, as logrotate does
    append(logs / "shop.log", "GET /pay 502\n");
    next();

    append(logs / "blog.log", "GET /about 410\n");
    fs::copy_file(logs / "blog.log", logs / "blog.log.1");  // or so: copytruncate
    fs::resize_file(logs / "blog.log", 0);
    append(logs / "blog.log", "GET /old 301\n");
    next();

    ssc.stop();
    fs::remove_all(logs);
}
