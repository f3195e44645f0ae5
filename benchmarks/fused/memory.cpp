#include <sluice/operators/count.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>

#include "../allocations.hpp"
#include "report.hpp"
#include "sluice.hpp"

#include <atomic>

namespace {

/// A record that counts its copies.
struct Counting {
    static inline std::atomic<std::size_t> copies{0};

    explicit Counting(std::int64_t n) : value(n) {}
    Counting(Counting const& other) : value(other.value) { ++copies; }
    Counting& operator=(Counting const& other)
    {
        value = other.value;
        ++copies;
        return *this;
    }
    std::int64_t value;
};

int found(std::size_t count, char const* what)
{
    if (count == 0) return 0;
    std::printf("%zu %s\n", count, what);
    return 1;
}

template <class F>
std::size_t allocationsIn(F&& f)
{
    auto const before = bench::allocations();
    f();
    return bench::allocations() - before;
}

/// Those of a hundred batches of a started context, after as many to warm up.
std::size_t allocationsOfBatches(char const* master)
{
    sluice::ManualClock const clock;
    sluice::StreamingContext ssc{{.master = master, .clock = clock}, std::chrono::seconds{1}};
    auto [channel, numbers] = sluice::channelStream<std::int64_t>(ssc);
    std::int64_t sum = 0;
    using S = fused::Sluice<fused::Even, std::int64_t>;
    S::of(numbers) | sluice::foreachRDD([&sum](auto batch) { sum += batch | sluice::fold(std::int64_t{0}, std::plus{}); });
    sluice::DStream<std::int64_t> any = numbers;
    S::of(any) | sluice::foreachRDD([&sum](auto batch) { sum += batch | sluice::reduce(std::plus{}); });
    numbers | sluice::map([](std::int64_t n) { return std::pair{n % 100, n}; }) | sluice::mapValues([](std::int64_t n) { return n + 1; }) |
        sluice::reduceByKey(std::plus{}) | sluice::foreachRDD([&sum](auto batch) { sum += batch | sluice::count(); });
    ssc.start();
    auto const batches = [&, &channel = channel](int n) {
        for (int i = 0; i < n; ++i) {
            for (std::int64_t k = 0; k < 10'000; ++k) channel.push(k);
            clock.advance(std::chrono::seconds{1});
            ssc.awaitBatches();
        }
    };
    batches(100);
    auto const count = allocationsIn([&] { batches(100); });
    bench::keep(sum);
    ssc.stop();
    return count;
}

}  // namespace

int fused::findCopiesAndAllocations()
{
    using S = Sluice<Even, std::int64_t>;
    auto const numbers = records<std::int64_t>(100'000);
    int faults = 0;

    sluice::RDD<std::int64_t> const erased = sluice::rdd(numbers);
    faults += found(allocationsIn([&] { bench::keep(S::fold(numbers.data(), numbers.size())); }), "allocations: fold on rdd(span)");
    faults += found(allocationsIn([&] { bench::keep(S::reduce(numbers.data(), numbers.size())); }), "allocations: reduce on rdd(span)");
    faults += found(allocationsIn([&] { bench::keep(S::foldOf(erased)); }), "allocations: fold on RDD<T>");
    faults += found(allocationsIn([&] { bench::keep(S::reduceOf(erased)); }), "allocations: reduce on RDD<T>");

    std::vector<Counting> counting;
    counting.reserve(numbers.size());
    for (auto const n : numbers) counting.emplace_back(n);
    sluice::RDD<Counting> const behind = sluice::rdd(counting);
    Counting::copies = 0;
    bench::keep(behind | sluice::filter([](Counting const& c) { return c.value > 0; }) |
                sluice::map([](Counting const& c) { return c.value; }) | sluice::fold(std::int64_t{0}, std::plus{}));
    faults += found(Counting::copies, "copies of records behind RDD<T>");

    faults += found(allocationsOfBatches("inline"), "allocations in 100 batches, inline");
    faults += found(allocationsOfBatches("local[2]"), "allocations in 100 batches, local[2]");
    return faults;
}
