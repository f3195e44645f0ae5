#include <sluice/operators/collect.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/stream/stage.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr auto twice = [](int x) { return 2 * x; };
constexpr auto large = [](int x) { return x > 2; };

/// How often a function was copied.
struct Counting {
    std::shared_ptr<int> copies = std::make_shared<int>(0);
    Counting() = default;
    Counting(Counting const& other) : copies(other.copies) { ++*copies; }
    Counting(Counting&&) = default;
    int operator()(int x) const { return x + 1; }
};

}  // namespace

TEST_CASE("narrow operators behind one another are one value, a tuple of them")
{
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    auto const one = source.stream | map(twice);
    auto const two = one | filter(large);
    auto const node = source.stream.node();
    using Source = std::remove_const_t<decltype(node)>;
    static_assert(
        std::is_same_v<std::remove_cvref_t<decltype(two.node())>, detail::Stage<Source, detail::Map<std::remove_const_t<decltype(twice)>>,
                                                                                detail::Filter<std::remove_const_t<decltype(large)>>>>);
    static_assert(detail::isStage<std::remove_cvref_t<decltype(one.node())>> && !detail::isStage<Source>);
    CHECK(two.slideDuration() == 1s);
    CHECK(std::string_view{two.node().label().kind} == "filter");
}

TEST_CASE("one stream is the beginning of several")
{
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    auto const doubled = source.stream | map(twice);
    std::vector<int> a;
    std::vector<int> b;
    doubled | filter(large) | foreachRDD([&](auto batch) { a = batch | collect(); });
    doubled | map(twice) | foreachRDD([&](auto batch) { b = batch | collect(); });
    clock.poll(Time{0s});
    source.channel.push(1);
    source.channel.push(2);
    clock.poll(Time{1s});
    CHECK(a == std::vector{4});
    CHECK(b == std::vector{4, 8});
}

TEST_CASE("batches refer to the functions of their stream, and copy none")
{
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    Counting counting;
    auto const copies = counting.copies;
    source.stream | map(std::move(counting)) | filter(large) | foreachRDD([&](auto batch) { CHECK((batch | collect()).size() == 1); });
    clock.poll(Time{0s});
    int const before = *copies;
    for (int t = 1; t <= 5; ++t) {
        source.channel.push(t + 5);
        clock.poll(Time{std::chrono::seconds{t}});
    }
    CHECK(*copies == before);
}

TEST_CASE("a batch that is kept keeps the functions of its stream")
{
    std::optional<RDD<int>> kept;
    {
        IntervalClock clock{1s};
        auto source = channelStream<int>(clock);
        auto const offset = std::make_shared<int>(100);
        source.stream | map([offset](int x) { return x + *offset; }) | map(twice) | foreachRDD([&](auto batch) { kept = batch; });
        clock.poll(Time{0s});
        source.channel.push(1);
        clock.poll(Time{1s});
        clock.poll(Time{2s});
        source.channel.push(5);
        clock.poll(Time{3s});
    }
    CHECK((*kept | collect()) == std::vector{210});
}
