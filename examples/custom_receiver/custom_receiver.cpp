// A source of one's own that pushes: a Receiver sets up a thread in onStart and ends it in onStop. Where run(stop, store) is
// enough, no class has to be derived.

#include <sluice/sluice.hpp>

#include <atomic>
#include <cstdio>
#include <functional>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

std::atomic<int> stored{0};

void tell()
{
    ++stored;
    stored.notify_one();
}

struct Sensor : Receiver<double> {
    std::jthread thread;

    void onStart() override
    {
        thread = std::jthread{[this] {
            for (double celsius : {20.5, 21.0, 19.5}) store(celsius);
            tell();
        }};
    }
    void onStop() override { thread = {}; }
};

/// The short form: run until asked to stop.
struct Ticks {
    void run(std::stop_token stop, auto& store)
    {
        for (int i = 1; i <= 3; ++i) store(double(i));
        tell();
        std::atomic<bool> over{false};
        std::stop_callback const wake{stop, [&] { over = true, over.notify_one(); }};
        over.wait(false);
    }
};

}  // namespace

int main()
{
    ManualClock const clock;
    StreamingContext ssc{{.master = "local[1]", .clock = clock}, 1s};  // a receiver takes no worker
    auto const report = [](char const* name) {
        return foreachRDD([name](auto batch) { std::printf("%s: sum %.1f\n", name, batch | fold(0.0, std::plus{})); });
    };
    receiverStream<double>(ssc, Sensor{}) | report("sensor");
    receiverStream<double>(ssc, Ticks{}) | report("ticks");
    ssc.start();
    for (int now = stored; now < 2; now = stored) stored.wait(now);
    clock.advance(1s);
    ssc.awaitBatches();
    ssc.stop({.gracefully = true});
}
