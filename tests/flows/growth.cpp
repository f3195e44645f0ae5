#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/distinct.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/first.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/group_by_key.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/repartition.hpp>
#include <sluice/operators/sort_by.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/transform_all.hpp>
#include <sluice/operators/union_all.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/queue_stream.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pthread.h>

// What a loop may repeat: unions of any number, in any order, on a small stack; chains up to a limit, and refused beyond it.

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Calls f in a thread whose stack is as small as that of threads that a host makes for little things.
template <class F>
void onSmallStack(F f)
{
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, std::size_t{256} * 1024);
    pthread_t thread;
    auto const call = [](void* context) -> void* {
        (*static_cast<F*>(context))();
        return nullptr;
    };
    REQUIRE(::pthread_create(&thread, &attributes, call, &f) == 0);
    ::pthread_join(thread, nullptr);
    ::pthread_attr_destroy(&attributes);
}

template <class F>
std::string refusalOf(F&& f)
{
    try {
        f();
    } catch (InvalidArgument const& error) {
        return error.what();
    }
    return {};
}

constexpr int many = 30'000;
constexpr auto addOne = [](int x) { return x + 1; };

/// What a stream gives in two batches: their numbers of records, and their sums.
struct Seen {
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> sums;
};

}  // namespace

TEST_CASE("a loop unites thirty thousand streams, before and behind each other, on a small stack")
{
    onSmallStack([] {
        Seen seen;
        DStream<int>* survivor = nullptr;
        {
            IntervalClock clock{1s};
            auto const one = DStream<int>{constantStream(clock, rdd({1, 2}))};
            auto const two = DStream<int>{constantStream(clock, rdd({3}))};
            auto all = one;
            for (int i = 1; i < many; ++i) all = i % 2 == 0 ? DStream<int>{all | unionWith(two)} : DStream<int>{one | unionWith(all)};
            CHECK(all.slideDuration() == 1s);
            all | foreachRDD([&](auto batch) {
                seen.counts.push_back(batch | count());
                seen.sums.push_back(batch | sum());
            });
            clock.poll(Time{0s});
            clock.poll(Time{2s});
            survivor = new DStream<int>{all};  // and the last holder lets go of it when its context is no more
        }
        delete survivor;
        auto const ones = many / 2 + 1;
        auto const twos = many - ones;
        CHECK(seen.counts == std::vector<std::int64_t>(2, 2 * ones + twos));
        CHECK(seen.sums == std::vector<std::int64_t>(2, 3 * many));
    });
}

TEST_CASE("unionAll in a loop is one union, too, and so are unions of different kinds; order stays")
{
    onSmallStack([] {
        std::vector<std::vector<int>> out;
        {
            IntervalClock clock{1s};
            RDDQueue<int> queues[3];
            DStream<int> all = queueStream(clock, queues[0]);
            for (int i = 0; i < 1'500; ++i) {
                DStream<int> const next = queueStream(clock, queues[1]);
                if (i % 3 == 0) all = unionAll(std::vector<DStream<int>>{all, next});
                else if (i % 3 == 1) all = all | unionWith(queueStream(clock, queues[2])) | unionWith(next);
                else all = unionAll(next, all);
            }
            queues[0].push({0});
            for (int i = 0; i < 1'500; ++i) {  // as they are asked: in order of creation
                queues[1].push({i + 1});
                if (i % 3 == 1) queues[2].push({-i - 1});
            }
            all | foreachRDD([&](auto batch) { out.push_back(batch | collect()); });
            clock.poll(Time{0s});
            clock.poll(Time{1s});
        }
        std::vector<int> expected{0};
        std::vector<int> before;
        int ofTwo = 0;
        std::vector<int> twos;
        for (int i = 0; i < 1'500; ++i) {
            if (i % 3 == 1) twos.push_back(-i - 1);
        }
        for (int i = 0; i < 1'500; ++i) {
            if (i % 3 == 2) {
                before.push_back(i + 1);
                continue;
            }
            if (i % 3 == 1) expected.push_back(twos[static_cast<std::size_t>(ofTwo++)]);
            expected.push_back(i + 1);
        }
        expected.insert(expected.begin(), before.rbegin(), before.rend());
        REQUIRE(out.size() == 1);
        CHECK(out[0] == expected);
    });
}

TEST_CASE("a loop unites twenty thousand batches on a small stack, and those before stay as they were")
{
    onSmallStack([] {
        int const n = 20'000;
        RDD<int> const next = rdd({1, 2, 3});
        RDD<int> all = rdd({5});
        RDD<int> early = all;
        for (int i = 1; i < n; ++i) {
            all = i % 2 == 0 ? RDD<int>{all | unionWith(next)} : RDD<int>{next | unionWith(all)};
            if (i == 10) early = all;
        }
        CHECK(all.numPartitions() == n);
        CHECK((all | count()) == 3 * (n - 1) + 1);
        CHECK((all | sum()) == 6 * (n - 1) + 5);
        CHECK((early | collect()).size() == 31);
    });
}

TEST_CASE("a union of unions fails where a plain one does, and names it")
{
    IntervalClock clock{1s};
    DStream<int> all = constantStream(clock, rdd({1}));
    for (int i = 0; i < 10; ++i) all = all | unionWith(constantStream(clock, rdd({1})));
    auto const missing = pullStream(clock, [](Time) { return std::optional<RDD<int>>{}; }) | named("missing");
    all = all | unionWith(missing) | named("that one");
    for (int i = 0; i < 10; ++i) all = all | unionWith(constantStream(clock, rdd({1})));
    all | foreachRDD([](auto) {});
    clock.poll(Time{0s});
    std::string said;
    try {
        clock.poll(Time{1s});
    } catch (StreamError const& error) {
        said = error.what();
    }
    CHECK(said.find("sluice::unionWith \"that one\"") != std::string::npos);
    CHECK(said.find("there is no RDD of sluice::pullStream \"missing\"") != std::string::npos);
}

TEST_CASE("a loop of operators is right up to its limit, and refused beyond it with the place and the way out")
{
    std::int64_t seen = 0;
    IntervalClock clock{1s};
    DStream<int> stream = constantStream(clock, rdd({0, 1}));
    for (std::size_t i = 0; i < detail::deepest; ++i) stream = stream | map(addOne);
    auto const said = refusalOf([&] { stream = stream | map(addOne); });
    CHECK(said.find("sluice::map (") == 0);
    CHECK(said.find("growth.cpp:") != std::string::npos);
    CHECK(said.find("more than 1000 operators deep") != std::string::npos);
    CHECK(said.find("let one operator call all their functions") != std::string::npos);
    CHECK(!refusalOf([&] { static_cast<void>(stream | reduce(std::plus{})); }).empty());
    CHECK(!refusalOf([&] { static_cast<void>(stream | transform([](auto batch) { return batch; })); }).empty());
    CHECK(!refusalOf([&] {
               static_cast<void>(transformAll(std::vector<DStream<int>>{stream}, [](auto const& all) { return all[0]; }));
           }).empty());
    CHECK(!refusalOf([&] { static_cast<void>(stream | glom()); }).empty());
    stream | unionWith(stream) | foreachRDD([&](auto batch) { seen += batch | sum(); });  // unions and outputs take no room
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(seen == 2 * (2 * static_cast<std::int64_t>(detail::deepest) + 1));
}

TEST_CASE("a loop of operators over batches is right up to its limit, and refused beyond it with the way out")
{
    RDD<int> batch = rdd({0, 1});
    for (std::size_t i = 1; i < detail::deepestBatches; ++i) batch = batch | map(addOne);
    CHECK((batch | collect()) == std::vector<int>{static_cast<int>(detail::deepestBatches) - 1, static_cast<int>(detail::deepestBatches)});
    auto const said = refusalOf([&] { batch = batch | map(addOne); });
    CHECK(said.find("sluice::RDD<T>: it would be more than 1250 batches deep") == 0);
    CHECK(said.find("rdd(batch | collect())") != std::string::npos);
    CHECK(!refusalOf([&] { batch = rdd({1}) | unionWith(batch) | map(addOne); }).empty());
    batch = rdd(batch | collect());  // as it says
    for (int i = 0; i < 100; ++i) batch = batch | map(addOne);
    CHECK((batch | first()) == static_cast<int>(detail::deepestBatches) + 99);
}

TEST_CASE("records of each kind come through a deep chain: small, large, owned")
{
    IntervalClock clock{1s};
    struct Large {
        int numbers[100];
    };
    std::vector<std::string> text;
    std::vector<int> large;
    DStream<std::string> strings = constantStream(clock, rdd(std::vector<std::string>{"a", std::string(100, 'b')}));
    DStream<Large> numbers = constantStream(clock, rdd(std::vector<Large>(3)));
    for (int i = 0; i < 60; ++i) {
        strings = strings | filter([](std::string const& s) { return !s.empty(); });
        numbers = numbers | map([](Large one) { return ++one.numbers[99], one; });
    }
    strings | foreachRDD([&](auto batch) { text = batch | collect(); });
    numbers | map([](Large const& one) { return one.numbers[99]; }) | foreachRDD([&](auto batch) { large = batch | collect(); });
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(text == std::vector<std::string>{"a", std::string(100, 'b')});
    CHECK(large == std::vector<int>{60, 60, 60});
}

TEST_CASE("10,000 partitions on both sides of an exchange cost what they hold, and give what few give")
{
    constexpr std::size_t partitions = 10'000;
    std::vector<std::pair<std::string, int>> pairs;
    for (int i = 0; i < 300; ++i) pairs.emplace_back("key of some length " + std::to_string(i * 7 % 100), i);
    auto const wide = rdd(pairs, partitions);
    auto const narrow = rdd(pairs, 5);  // a row of tables for each
    auto const alike = [](auto const& a, auto const& b) { CHECK((a | glom() | collect()) == (b | glom() | collect())); };
    alike(wide | reduceByKey(std::plus{}, partitions), narrow | reduceByKey(std::plus{}, partitions));
    alike(wide | groupByKey(partitions), narrow | groupByKey(partitions));
    alike(wide | partitionBy(partitions), narrow | partitionBy(partitions));
    alike(wide | join(wide, partitions), narrow | join(narrow, partitions));
    alike(wide | map([](auto const& pair) { return pair; }) | reduceByKey(std::plus{}, partitions) | join(wide),
          narrow | reduceByKey(std::plus{}, partitions) | join(narrow));
    CHECK((wide | distinct(partitions) | collect()).size() == pairs.size());
    CHECK((wide | repartition(partitions) | collect()).size() == pairs.size());
    CHECK((wide | repartition(partitions) | repartition(partitions) | count()) == 300);
    auto sorted = pairs;
    std::sort(sorted.begin(), sorted.end());
    CHECK((wide | sortBy([](auto const& pair) { return pair; }, true, partitions) | collect()) == sorted);
    CHECK((wide | map([](auto const& pair) { return std::pair<std::string_view, int>{pair.first, pair.second}; }) | groupByKey(partitions) |
           map([](auto const& group) { return std::pair{std::string{group.first}, group.second.size()}; }) | reduceByKey(std::plus{}, 3) |
           count()) == 100);
}
