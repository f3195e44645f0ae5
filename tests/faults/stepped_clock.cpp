#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include <dlfcn.h>
#include <time.h>

using namespace sluice;
using namespace std::chrono_literals;

// Somebody sets the clock of the system while batches run. This file stands in for the function that tells the time.

namespace {

std::atomic<time_t> step{0};  // seconds

}  // namespace

extern "C" int __interceptor_clock_gettime(clockid_t clock, timespec* to) __attribute__((weak));
extern "C" int clock_gettime(clockid_t clock, timespec* to) noexcept
{
    using ClockGettime = int(clockid_t, timespec*);
    static auto* const real = __interceptor_clock_gettime != nullptr ? &__interceptor_clock_gettime
                                                                     : reinterpret_cast<ClockGettime*>(::dlsym(RTLD_NEXT, "clock_gettime"));
    int const answer = real(clock, to);
    if (clock == CLOCK_REALTIME) to->tv_sec += step.load(std::memory_order_relaxed);
    return answer;
}

TEST_CASE("where the clock on the wall is set, forwards or back, batches come as before, with the times of their grid")
{
    for (time_t const seconds : {3600, -3600}) {
        CAPTURE(seconds);
        std::vector<Time> times;
        bool early = false;
        // None of them is taken for an hour late, either.
        StreamingContext context{{.master = "local[1]", .maxSchedulingDelay = 600s, .exclusive = false}, 2ms};
        auto const begin = std::chrono::steady_clock::now();
        channelStream<int>(context).stream | foreachRDD([&](auto const&, Time t) {
            early = early || std::chrono::steady_clock::now() - begin < static_cast<std::int64_t>(times.size()) * 2ms;
            times.push_back(t);
            if (times.size() == 5) step = seconds;
            if (times.size() == 20) context.stop();
        });
        context.start();
        context.awaitTermination();
        CHECK(SystemClock{}.now() - times[0] > (seconds > 0 ? 3500s : -3700s));  // it was set
        CHECK(SystemClock{}.now() - times[0] < (seconds > 0 ? 3700s : -3500s));
        step = 0;
        CHECK(!early);
        for (std::size_t k = 0; k < times.size(); ++k) CHECK(times[k] == times[0] + static_cast<std::int64_t>(k) * 2ms);
    }
}
