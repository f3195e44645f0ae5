// A program for a supervisor: it runs until SIGTERM, finishes what it has begun, and its exit code says whether a restart helps.
//
//   deploying DIRECTORY     counts the lines of files that are moved to the directory, each line with how often it came, on standard output
//
//   0   stopped, as it was asked to
//   1   it failed while it ran: a supervisor starts it again
//   2   it was called, or is built, wrongly: to start it again would not help

#include <sluice/sluice.hpp>

#include <cstdio>
#include <functional>
#include <stdexcept>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

void run(char const* directory)
{
    // A batch that fails is tried once more; then the program ends, and does not go on without it.
    StreamingContext ssc{{.master = "local[2]", .appName = "deploying", .gracefulStopTimeout = 20s, .onBatchFailure = retry(1).then(stop)},
                         200ms};
    StopOnSignal const stopOnSignal{ssc};  // before other threads: SIGTERM and SIGINT stop it gracefully

    textFileStream(ssc, directory) | map([](auto line) { return std::pair{line, 1}; }) | reduceByKey(std::plus{}) |
        foreachRDD([](auto batch) {
            batch | foreach ([](auto line, int n) { std::printf("%.*s %d\n", static_cast<int>(line.size()), line.data(), n); });
            // What cannot be written is a failure, too.
            if (std::fflush(stdout) != 0) throw std::runtime_error{"standard output cannot be written"};
        });

    ssc.start();
    std::fputs("running\n", stderr);
    ssc.awaitTermination();  // throws what has ended it
}

}  // namespace

int main(int argc, char** arguments)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s DIRECTORY\n", arguments[0]);
        return 2;
    }
    try {
        run(arguments[1]);
        std::fputs("stopped\n", stderr);
        return 0;
    } catch (std::logic_error const& error) {  // InvalidArgument, IllegalState, Unsupported
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    } catch (std::exception const& error) {  // StreamError, and what the system refuses
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
