// What lies in a directory of checkpoints: states by name, with their types, keys and bytes, batches, files, and what of them is damaged.
// A program that writes there may run meanwhile, and does not notice.
//
//   checkpoint_inspector DIRECTORY   looks at that; the exit code is 1 where something is damaged
//   checkpoint_inspector             makes a checkpoint, looks at it, damages it, and looks again

#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

void show(CheckpointInfo const& info)
{
    std::printf("last batch: %s\n", info.last ? info.last->toString().c_str() : "none");
    std::printf("unfinished batches:");
    for (auto const t : info.unfinished) std::printf(" %s", t.toString().c_str());
    std::puts(info.unfinished.empty() ? " none" : "");
    std::puts("states:");
    for (auto const& state : info.states) {
        auto const bytes = static_cast<unsigned long long>(state.bytes);
        if (state.isSource()) {
            std::printf("  %s: where a source stands, %llu bytes\n", state.name.c_str(), bytes);
        } else {
            std::printf("  %s: %zu keys, %llu bytes; keys: %s; states: %s\n", state.name.c_str(), state.keys, bytes, state.keyType.c_str(),
                        state.stateType.c_str());
        }
    }
    std::puts("files:");
    for (auto const& file : info.files) {
        std::printf("  %s: %llu bytes", file.name.c_str(), static_cast<unsigned long long>(file.bytes));
        if (file.records > 0) std::printf(", %llu records", static_cast<unsigned long long>(file.records));
        std::puts(file.damage.empty() ? "" : ", and damage");
    }
    for (auto const& damage : info.damages) std::printf("damaged: %s\n", damage.c_str());
}

// ---- something to look at ------------------------------------------------------------------------------------------------

/// One number a batch, from 1 on.
struct Numbers {
    int next = 1;

    auto batch(Time)
    {
        int const n = next++;
        return rdd({std::pair{std::string{n % 2 == 0 ? "even" : "odd"}, n}});
    }
    std::string position() const { return encode(next); }
    void restore(std::string_view position) { next = decode<int>(position); }
};

void makeCheckpoint(std::string const& directory)
{
    ManualClock const clock;
    StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, directory);
    auto const numbers = pullStream(ssc, Numbers{}) | named("numbers");
    numbers | updateStateByKey([](std::vector<int> const& values, std::optional<int> sum) {
        for (int const value : values) sum = sum.value_or(0) + value;
        return sum;
    }) | named("sums") |
        checkpoint() | foreachRDD([](auto const&) {});
    numbers | mapWithState(StateSpec{[](std::string_view, std::optional<int>, State<std::int64_t>& count) {
        count.update(count.getOption().value_or(0) + 1);
        return count.get();
    }}) |
        named("counts") | checkpoint() | foreachRDD([](auto const&) {});
    ssc.start();
    clock.advance(5s);
    ssc.stop({.gracefully = true});
}

void showMade()
{
    namespace fs = std::filesystem;
    auto const directory = fs::temp_directory_path() / "sluice-checkpoint-inspector";
    fs::remove_all(directory);
    fs::create_directories(directory);
    fs::current_path(directory.parent_path());  // so that texts name it by a path that is the same everywhere
    std::string const name = directory.filename();

    makeCheckpoint(name);
    show(checkpointInfo(name));
    std::puts("the state \"sums\":");
    stateOf<std::string, std::int64_t>(name, "sums") |
        map([](std::string const& key, std::int64_t sum) { return key + ' ' + std::to_string(sum); }) |
        foreach ([](std::string const& line) { std::printf("  %s\n", line.c_str()); });

    auto const log = directory / "log-1";
    fs::resize_file(log, fs::file_size(log) - 1);  // as if the machine had lost its power
    std::puts("\nwhen the last byte is lost:");
    show(checkpointInfo(name));
    fs::remove_all(directory);
}

}  // namespace

int main(int argc, char** arguments)
{
    if (argc > 2) {
        std::fprintf(stderr, "usage: %s [DIRECTORY]\n", arguments[0]);
        return 2;
    }
    try {
        if (argc == 1) return showMade(), 0;
        auto const info = checkpointInfo(arguments[1]);
        show(info);
        return info.damages.empty() ? 0 : 1;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
