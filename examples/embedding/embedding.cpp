// The library as a guest: two contexts side by side, its threads registered with the host, its messages in the host's log,
// what fails in the host's hands. It touches no signal and prints nothing by itself.

#include <sluice/sluice.hpp>

#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

int main()
{
    ManualClock const clock;
    std::atomic<int> threads{0};
    std::atomic<int> messages{0};
    Config const guest{.master = "local[2]",
                       .onBatchFailure = retry(1).then(BatchFailure::stop),
                       .clock = clock,
                       .exclusive = false,
                       .log = [&](LogEntry const& entry) { messages += entry.level == LogLevel::error ? 1 : 0; },
                       .onThreadStart = [&](std::string const& name) { threads += name.starts_with("sluice-") ? 1 : 0; }};

    StreamingContext sound{guest, 1s};
    StreamingContext broken{guest, 2s};
    RDDQueue<int> queue;
    std::int64_t seen = 0;
    queueStream(sound, queue) | foreachRDD([&](auto batch) { seen += batch | count(); });
    queueStream(broken, RDDQueue<int>{}) | foreachRDD([](auto const&) { throw std::runtime_error{"the database is gone"}; });
    queue.push({1, 2, 3});
    sound.start();
    broken.start();
    clock.advance(2s);

    try {
        broken.awaitTermination();
    } catch (StreamError const& error) {
        std::printf("batch %lld ms failed: %s\n", static_cast<long long>(error.batchTime() / 1000),
                    [&] {
                        try {
                            std::rethrow_if_nested(error);
                        } catch (std::exception const& cause) {
                            return std::string{cause.what()};
                        }
                        return std::string{};
                    }()
                        .c_str());
    }
    sound.awaitBatches();  // a stop without grace skips what has not begun
    sound.stop();
    std::printf("seen %lld; errors logged: %d; threads of the library's: %s\n", static_cast<long long>(seen), messages.load(),
                threads > 0 ? "registered" : "none");
}
