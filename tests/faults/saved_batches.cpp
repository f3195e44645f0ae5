#include "crash_images.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// A program that keeps where its source stands, and writes each batch as text and as objects, killed at each of its writes, syncs, renames,
// and so on. In the end each record is in the files once, no batch was ever seen in part; and what a batch has is on the disk before
// its directory appears, and that before the batch counts as done.
//
//   saved_batches           a sample, as the checks run it
//   saved_batches LIVES     at random, so many lives, by a seed that is printed
//   saved_batches full      a full disk at each operation, in all ways, and not in one of them
//   saved_batches images    goes on from all images of what a power cut leaves, and of one within a recovery (crash_images.hpp)

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// How many batches the files have: all that they should, and nothing else.
int batchesIn(std::string const& folder)
{
    int batches = 0;
    bool isHalf = false;
    for (std::int64_t next = 0;; next += 5) {
        auto const name = std::to_string(1000 * (batches + 1));
        bool const isText = io::exists(folder + "/text-" + name);
        if (io::exists(folder + "/objects-" + name)) {
            isHalf = !isText;
            require(isText || isFilled, "a batch is missing");  // a full disk may be so for one of two outputs alone
            auto const got = objectFile<std::int64_t>(folder + "/objects-" + name) | collect();
            require(got == std::vector<std::int64_t>{next, next + 1, next + 2, next + 3, next + 4}, "a batch of objects is another one");
        }
        if (!isText) break;
        std::string text;
        for (std::string const part : {"/part-00000", "/part-00001"}) {
            std::ifstream file{folder + "/text-" + name + part};
            text.append(std::istreambuf_iterator<char>{file}, {});
        }
        std::string wanted;
        for (auto n = next; n < next + 5; ++n) wanted += std::to_string(n) + '\n';
        require(text == wanted, "a batch of text is another one: " + text);
        require(io::exists(folder + "/text-" + name + "/_SUCCESS"), "a batch was there in part");
        ++batches;
    }
    for (auto const& file : io::listNames(folder)) {
        auto const dash = file.find('-');
        if (file[0] == '.' || dash == std::string::npos) continue;
        require(std::stoi(file.substr(dash + 1)) <= 1000 * (batches + (isHalf ? 1 : 0)), "there is a batch too much: " + file);
    }
    return batches;
}

/// Runs some batches, and stops.
void run(Life const& life)
{
    ManualClock clock{Time{std::chrono::milliseconds{1000 * batchesIn(life.folder)}}};
    StreamingContext ssc{{.master = life.master, .onBatchFailure = stop, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, life.folder + "/checkpoint");
    auto const numbers = pullStream(ssc, NumberSource{}) | named("numbers");
    numbers | saveAsTextFiles(life.folder + "/text");
    numbers | saveAsObjectFiles(life.folder + "/objects");
    ssc.start();
    for (int i = 0; i < life.batches; ++i) {
        clock.advance(1s);
        ssc.awaitBatches();
        if (ending == Ending::death) outside.written = clock.now().milliseconds();  // where the disk is full it may have failed
    }
    ssc.stop({.gracefully = true});
    ssc.awaitTermination();
}

void verify(std::string const& folder, bool isWhole)
{
    auto const batches = batchesIn(folder);
    require(1000 * batches >= outside.written, "a batch that was done is lost");
    if (!isWhole) return;
    require(batches >= 1, "it has not gone on");
    requireNothingHidden(folder);
}

/// What is written is synced before the directory that has it is renamed, and the renamed directory's name after that.
void requireOrder()
{
    Folder const folder{"order"};
    std::string noted;
    ManualClock clock;
    StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
    constantStream(ssc, rdd({1, 2, 3}, 2)) | saveAsTextFiles((folder.path / "out" / "text").string());
    constantStream(ssc, rdd({1, 2, 3}, 2)) | saveAsObjectFiles((folder.path / "out" / "objects").string());
    ssc.start();
    operations = &noted;
    clock.advance(1s);
    operations = nullptr;
    ssc.stop();
    ssc.awaitTermination();
    auto const root = folder.path.string();
    std::string wanted = "mkdir " + root + "/out\nfsync " + root + "\n";
    for (std::string const name : {"text", "objects"}) {
        auto const staged = root + "/out/." + name + "-1000.0";
        wanted += "mkdir " + staged + '\n';
        for (std::string const part : {"/part-00000", "/part-00001"}) {
            wanted += "write " + staged + part + '\n';
            wanted += "fdatasync " + staged + part + '\n';
        }
        wanted += "fsync " + staged + "\nrenameat2 " + root + "/out/" + name + "-1000\nfsync " + root + "/out\n";
    }
    // An attempt to make what is there, and a second write of a file, change nothing.
    std::string seen;
    for (std::size_t at = 0, end = 0; (end = noted.find('\n', at)) != std::string::npos; at = end + 1) {
        auto const line = noted.substr(at, end + 1 - at);
        if (line.starts_with("mkdir ") && (root + '/').starts_with(line.substr(6, line.size() - 7) + '/')) continue;
        if (line.starts_with("mkdir ") && seen.find(line) != std::string::npos) continue;
        if (!seen.ends_with(line)) seen += line;
    }
    require(seen == wanted, "files are synced in another order:\n" + seen + "and not\n" + wanted);
}

}  // namespace

int main(int argc, char** arguments)
{
    if (cutPower(argc, arguments, 2, run, verify)) return 0;
    requireOrder();
    killEverywhere(argc, arguments, 2, run, verify);
}
