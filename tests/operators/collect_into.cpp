#include <sluice/operators/collect_into.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"

#include <memory>
#include <numeric>
#include <stdexcept>

using namespace sluice;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto odd = [](int x) { return x % 2 != 0; };

template <class Batch>
constexpr std::vector<int> filled(Batch const& batch, std::vector<int> reused)
{
    batch | collectInto(reused);
    return reused;
}

// What it takes.
template <class V, class Record>
constexpr bool accepts = detail::CollectInto<V>::template accepts<detail::Slices<Record>>;
static_assert(accepts<std::vector<int>&, int> && accepts<std::vector<std::string>&, std::string_view>);
static_assert(!accepts<std::vector<int>, int> && !accepts<std::vector<int> const&, int> && !accepts<std::vector<long>&, int>);
static_assert(!accepts<std::vector<std::string_view>&, std::string_view>);
static_assert(!accepts<std::vector<std::unique_ptr<int>>&, std::unique_ptr<int>>, "a stored record has to be copied");

}  // namespace

TEST_CASE("collectInto fills a vector with all records, in the order of partitions")
{
    VERIFY(filled(rdd(numbers, 3) | filter(odd), {}) == std::vector{1, 3, 5, 7});
    VERIFY(filled(rdd(numbers, 3) | filter(odd), {9, 9, 9, 9, 9, 9}) == std::vector{1, 3, 5, 7});
    VERIFY(filled(rdd(numbers), {9}) == std::vector{1, 2, 3, 4, 5, 6, 7});
    VERIFY(filled(rdd(std::vector<int>{}, 2), {1, 2}).empty());
    std::vector<bool> flags{false};
    rdd(numbers, 2) | map(odd) | collectInto(flags);
    CHECK(flags == std::vector<bool>{true, false, true, false, true, false, true});
}

TEST_CASE("the vector's memory is used again, also where it was reserved alone")
{
    std::vector<int> many(1000);
    std::iota(many.begin(), many.end(), 0);
    std::vector<int> reused;
    reused.reserve(700);
    auto const* const memory = reused.data();
    auto const capacity = reused.capacity();
    for (int size : {500, 3, 0, 600, 1, 700}) {
        rdd(many, 4) | filter([=](int x) { return x < size; }) | collectInto(reused);
        CHECK(reused.size() == static_cast<std::size_t>(size));
        CHECK(std::equal(reused.begin(), reused.end(), many.begin()));
        CHECK(reused.data() == memory);
        CHECK(reused.capacity() == capacity);
    }
    rdd(many) | collectInto(reused);
    CHECK(reused == many);
}

TEST_CASE("what collectInto keeps outlives the batch")
{
    std::vector<std::string> kept{"gone"};
    {
        std::vector<std::string> const texts{"a", "a text of more than sixteen bytes"};
        std::vector<std::string_view> const views(texts.begin(), texts.end());
        rdd(views) | collectInto(kept);
    }
    CHECK(kept == std::vector<std::string>{"a", "a text of more than sixteen bytes"});
    std::vector<std::unique_ptr<int>> boxes;
    rdd(numbers) | map([](int x) { return std::make_unique<int>(x); }) | collectInto(boxes);
    CHECK(*boxes.at(6) == 7);
}

TEST_CASE("several records for one, and any batch, fill it, too")
{
    std::vector<int> all{1};
    rdd(numbers, 2) | flatMap([](int x) { return std::vector(100, x); }) | collectInto(all);
    CHECK(all.size() == 700);
    CHECK(std::accumulate(all.begin(), all.end(), 0) == 2800);
    RDD<int> const any = rdd(numbers, 3) | filter(odd);
    any | collectInto(all);
    CHECK(all == std::vector{1, 3, 5, 7});
}

TEST_CASE("where a function throws the vector is left empty")
{
    std::vector<int> all{1, 2};
    auto const fails = map([](int x) { return x > 5 ? throw std::runtime_error{"six"} : x; });
    CHECK_THROWS_AS(rdd(numbers, 2) | fails | collectInto(all), StreamError);
    CHECK(all.empty());
}

TEST_CASE("workers gather partitions at the same time, into one vector in their order")
{
    ManualClock const clock;
    StreamingContext ssc{{.master = "local[2]", .clock = clock, .exclusive = false}, std::chrono::seconds{1}};
    std::vector<int> all{9};
    std::vector<std::string> texts{"gone"};
    auto const stream = testing::literalStream<int>(ssc, {{1, 2, 3, 4, 5, 6, 7}}, 3);
    stream | filter(odd) | foreachRDD([&all](auto batch) { batch | collectInto(all); });
    stream | map([](int x) { return std::to_string(x); }) | foreachRDD([&texts](auto batch) { batch | collectInto(texts); });
    ssc.start();
    clock.advance(std::chrono::seconds{1});
    ssc.awaitBatches();
    ssc.stop();
    CHECK(all == std::vector{1, 3, 5, 7});
    CHECK(texts == std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7"});
}
