#include <sluice/operators/collect.hpp>
#include <sluice/operators/collect_into.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"

#include <array>
#include <memory>
#include <numeric>
#include <span>
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

TEST_CASE("a batch that views the vector which is to be filled is refused, and leaves it as it was")
{
    std::vector<int> own{1, 2, 3, 4};
    auto const refused = [&own](auto const& batch) {
        std::string said;
        try {
            batch | collectInto(own);
        } catch (InvalidArgument const& error) {
            said = error.what();
        }
        return said.find("views the vector that it is to fill") != std::string::npos && own == std::vector{1, 2, 3, 4};
    };
    CHECK(refused(rdd(own)));
    CHECK(refused(rdd(own, 3) | filter(odd) | map([](int x) { return x + 1; })));
    CHECK(refused(rdd(std::span<int const>{own}.subspan(3))));
    CHECK(refused(rdd(numbers) | unionWith(rdd(own))));
    RDD<int> any = rdd(own) | map([](int x) { return 2 * x; });
    CHECK(refused(any | filter(odd)));
    RDD<int> other = rdd(numbers);
    CHECK(refused(other | unionWith(any)));
    // What a batch owns, what lies beside the vector, and what was copied.
    CHECK(!refused(other));
    CHECK(own.size() == 7);
    rdd(std::vector{own}) | filter(odd) | collectInto(own);
    CHECK(own == std::vector{1, 3, 5, 7});
    rdd(std::vector<int>{}) | collectInto(own);
    CHECK(own.empty());
    std::vector<std::string> words{"to", "be"};
    CHECK_THROWS_AS(rdd(words) | collectInto(words), InvalidArgument);
}

TEST_CASE("records behind RDD<T>, in several blocks and partitions, and one after another, are all gathered")
{
    std::vector<int> many(100'000);
    std::iota(many.begin(), many.end(), 0);
    std::vector<int> expected;
    for (int const x : many) {
        if (x % 2 != 0) expected.push_back(x);
    }
    std::vector<int> reused;
    for (std::size_t const partitions : {1U, 3U}) {
        RDD<int> stored = rdd(many, partitions);
        RDD<int> computed = rdd(many, partitions) | map([](int x) { return x; });
        RDD<int> each = rdd(many, partitions) | flatMap([](int x) { return std::array{x}; });
        for (auto const& batch : {stored, computed, each}) {
            batch | filter(odd) | collectInto(reused);
            CHECK((reused == expected));
            CHECK(((batch | filter(odd) | collect()) == expected));
            batch | flatMap([](int x) { return x % 2 != 0 ? std::vector{x} : std::vector<int>{}; }) | collectInto(reused);
            CHECK((reused == expected));
        }
    }
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
