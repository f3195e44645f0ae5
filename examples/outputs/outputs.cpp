// What leaves a stream: printed, written to files, or sent through a connection that each partition opens for itself. A store that
// remembers the keys of transactions makes sure that nothing is written twice, though a batch is run again.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A store that keeps what was committed, by the key of the transaction.
class Ledger {
public:
    void commit(OutputKey const& key, std::vector<std::string> const& lines)
    {
        std::lock_guard const lock{mutex_};
        if (++connections_ == 2) throw std::runtime_error{"the connection is lost"};  // once
        committed_[{key.time.milliseconds(), key.partition}] = lines;
    }
    void show() const
    {
        for (auto const& [key, lines] : committed_) {
            std::printf("transaction %lld/%zu:", static_cast<long long>(key.first), key.second);
            for (auto const& line : lines) std::printf(" %s", line.c_str());
            std::puts("");
        }
    }

private:
    std::mutex mutex_;
    int connections_ = 0;
    std::map<std::pair<std::int64_t, std::size_t>, std::vector<std::string>> committed_;
};

/// A connection: what is written is gathered, and committed when the partition is done. Without close nothing happens.
class Connection {
public:
    Connection(Ledger& ledger, OutputKey key) : ledger_(&ledger), key_(key) {}

    void write(std::string const& line) { lines_.push_back(line); }
    void close() { ledger_->commit(key_, lines_); }

private:
    Ledger* ledger_;
    OutputKey key_;
    std::vector<std::string> lines_;
};

}  // namespace

int main()
{
    auto const folder = fs::temp_directory_path() / "sluice-outputs";
    fs::remove_all(folder);
    fs::create_directories(folder);
    Ledger ledger;

    ManualClock const clock;
    StreamingContext ssc{{.master = "local[2]", .onBatchFailure = retry(1).then(stop), .clock = clock}, 1s};
    auto [channel, words] = channelStream<std::string>(ssc);
    auto const two = words | repartition(2) | cache();

    two | count() | print();                                                      // to standard output
    two | saveAsTextFiles((folder / "words").string(), "txt");                    // a directory for each batch, whole or not at all
    two | writeTo([&ledger](OutputKey key) { return Connection{ledger, key}; });  // a connection for each partition

    ssc.start();
    for (char const* const word : {"to", "be", "or", "not"}) channel.push(word);
    clock.advance(1s);
    ssc.awaitBatches();
    channel.push("question");
    clock.advance(1s);
    ssc.awaitBatches();
    ssc.stop();

    ledger.show();
    for (auto const* part : {"part-00000", "part-00001"}) {
        std::ifstream in{folder / "words-1000.txt" / part};
        std::string line;
        std::printf("%s:", part);
        while (std::getline(in, line)) std::printf(" %s", line.c_str());
        std::puts("");
    }
    fs::remove_all(folder);
}
