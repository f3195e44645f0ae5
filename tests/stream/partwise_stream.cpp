#include <sluice/operators/count.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/stream/partwise_stream.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <optional>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Parts = std::vector<std::vector<int>>;

}  // namespace

TEST_CASE("an operator that sees whole partitions is a value behind its stream")
{
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    auto const parts = source.stream | glom();
    using Source = std::remove_cvref_t<decltype(source.stream.node())>;
    static_assert(std::is_same_v<std::remove_cvref_t<decltype(parts.node())>, detail::PartwiseStream<Source, detail::Glom>>);
    CHECK(parts.slideDuration() == 1s);
    CHECK(std::string_view{parts.node().label().kind} == "glom");

    auto const given = parts | named("parts");
    CHECK(std::string_view{given.node().label().name} == "parts");
    CHECK(parts.node().label().name == nullptr);
}

TEST_CASE("it is computed anew for each output")
{
    int calls = 0;
    std::vector<Parts> seen;
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    auto const parts = source.stream | map([&](int x) {
                           ++calls;
                           return x;
                       }) |
                       glom();
    for (int i = 0; i < 2; ++i) parts | foreachRDD([&](auto batch) { seen.push_back(batch | collect()); });
    clock.poll(Time{0s});
    source.channel.push(1);
    source.channel.push(2);
    clock.poll(Time{1s});
    CHECK(seen == std::vector<Parts>{{{1, 2}}, {{1, 2}}});
    CHECK(calls == 4);
}

TEST_CASE("a batch that is kept outlives its context")
{
    std::optional<RDD<std::vector<int>>> kept;
    {
        IntervalClock clock{1s};
        auto source = channelStream<int>(clock);
        source.stream | map([add = 1](int x) { return x + add; }) | glom() | foreachRDD([&](auto batch) { kept = batch; });
        clock.poll(Time{0s});
        source.channel.push(1);
        clock.poll(Time{1s});
    }
    CHECK((*kept | collect()) == Parts{{2}});
}

TEST_CASE("it is refused once the context is started")
{
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    source.stream | count() | foreachRDD([](auto) {});
    clock.poll(Time{0s});
    CHECK_THROWS_AS(static_cast<void>(source.stream | glom()), IllegalState);
}
