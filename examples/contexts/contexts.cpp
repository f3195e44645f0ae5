// A context's life: made, started, stopped. Its workers may serve the next one.

#include <sluice/sluice.hpp>

#include <cstdio>

using namespace sluice;
using namespace std::chrono_literals;

int main()
{
    ManualClock const clock;  // a program leaves it out, and has the clock on the wall
    Context const workers{{.master = "local[2]", .appName = "Contexts", .clock = clock}};

    for (auto const* const name : {"first", "second"}) {
        StreamingContext ssc{workers, 1s};
        RDDQueue<int> queue;
        queueStream(ssc, queue) | count() | foreachRDD([name](auto batch, Time t) {
            batch | foreach ([&](std::int64_t n) {
                std::printf("%s: %lld records at %s\n", name, static_cast<long long>(n), t.toString().c_str());
            });
        });
        queue.push({1, 2, 3});
        ssc.start();
        std::printf("%s is active: %s\n", name, ssc.getState() == ContextState::active ? "yes" : "no");
        clock.advance(2s);
        ssc.awaitBatches();
        ssc.stop({.stopContext = false});  // the workers stay
    }

    StreamingContext late{workers, 1s};
    workers.stop();
    try {
        late.start();
    } catch (InvalidArgument const& error) {
        std::puts("nothing to run");
    } catch (IllegalState const& error) {
        std::puts(error.what());
    }
}
