#include <sluice/operators.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/state/state_spec.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// A number of partitions is positive, wherever one is given; where it may be left out, that means the default.

namespace {

using Pairs = std::vector<std::pair<int, int>>;

/// The call is given 0, and -1.
template <class Call>
void refusedBy(std::string const& name, Call&& call)
{
    for (int const n : {0, -1}) {
        CAPTURE(name);
        CAPTURE(n);
        std::string text;
        try {
            call(n);
        } catch (InvalidArgument const& error) {
            text = error.what();
        }
        CHECK(text.find("sluice::" + name + " (") == 0);
        CHECK(text.find("no_partitions.cpp:") != std::string::npos);
        CHECK(text.find(n == 0 ? "must be positive, got 0" : "must not be negative") != std::string::npos);
    }
}

}  // namespace

TEST_CASE("no partitions, and fewer, are refused by each operator at its call, with its name and its line")
{
    auto const pairs = rdd(Pairs{{1, 1}});
    auto const numbers = rdd(std::vector{1});
    auto const create = [](int x) { return x; };
    auto const id = [](int x) { return x; };
    auto const plus = std::plus{};
    refusedBy("partitionBy", [&](int n) { static_cast<void>(partitionBy(n)); });
    refusedBy("reduceByKey", [&](int n) { static_cast<void>(reduceByKey(plus, n)); });
    refusedBy("groupByKey", [&](int n) { static_cast<void>(groupByKey(n)); });
    refusedBy("groupBy", [&](int n) { static_cast<void>(groupBy(id, n)); });
    refusedBy("combineByKey", [&](int n) { static_cast<void>(combineByKey(create, plus, plus, n)); });
    refusedBy("foldByKey", [&](int n) { static_cast<void>(foldByKey(0, plus, n)); });
    refusedBy("aggregateByKey", [&](int n) { static_cast<void>(aggregateByKey(0, plus, plus, n)); });
    refusedBy("countByKey", [&](int n) { static_cast<void>(countByKey(n)); });
    refusedBy("countByValue", [&](int n) { static_cast<void>(countByValue(n)); });
    refusedBy("distinct", [&](int n) { static_cast<void>(distinct(n)); });
    refusedBy("join", [&](int n) { static_cast<void>(join(pairs, n)); });
    refusedBy("leftOuterJoin", [&](int n) { static_cast<void>(leftOuterJoin(pairs, n)); });
    refusedBy("rightOuterJoin", [&](int n) { static_cast<void>(rightOuterJoin(pairs, n)); });
    refusedBy("fullOuterJoin", [&](int n) { static_cast<void>(fullOuterJoin(pairs, n)); });
    refusedBy("cogroup", [&](int n) { static_cast<void>(cogroup(pairs, n)); });
    refusedBy("cogroup", [&](int n) { static_cast<void>(cogroup(pairs, pairs, n)); });
    refusedBy("cogroup", [&](int n) { static_cast<void>(cogroup(pairs, pairs, pairs, n)); });
    refusedBy("subtract", [&](int n) { static_cast<void>(subtract(numbers, n)); });
    refusedBy("subtractByKey", [&](int n) { static_cast<void>(subtractByKey(pairs, n)); });
    refusedBy("intersection", [&](int n) { static_cast<void>(intersection(numbers, n)); });
    refusedBy("sortBy", [&](int n) { static_cast<void>(sortBy(id, true, static_cast<std::size_t>(n))); });
    refusedBy("sortByKey", [&](int n) { static_cast<void>(sortByKey(true, static_cast<std::size_t>(n))); });
    refusedBy("repartition", [&](int n) { static_cast<void>(repartition(static_cast<std::size_t>(n))); });
    refusedBy("reduceByKeyAndWindow", [&](int n) { static_cast<void>(reduceByKeyAndWindow(plus, 2s, 1s, n)); });
    refusedBy("reduceByKeyAndWindow", [&](int n) { static_cast<void>(reduceByKeyAndWindow(plus, std::minus{}, 2s, 1s, n)); });
    refusedBy("groupByKeyAndWindow", [&](int n) { static_cast<void>(groupByKeyAndWindow(2s, 1s, n)); });
    refusedBy("countByValueAndWindow", [&](int n) { static_cast<void>(countByValueAndWindow(2s, 1s, n)); });
    auto const last = [](std::vector<int> const&, std::optional<int> state) { return state; };
    refusedBy("updateStateByKey", [&](int n) { static_cast<void>(updateStateByKey(last, n)); });
    auto const spec = StateSpec{[](int, std::optional<int>, State<int>&) { return 0; }};
    refusedBy("StateSpec::numPartitions", [&](int n) { static_cast<void>(spec.numPartitions(static_cast<std::size_t>(n))); });
}

TEST_CASE("no partitions are refused by what makes batches, too")
{
    CHECK_THROWS_AS(static_cast<void>(rdd(std::vector{1}, 0)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(rdd({1, 2}, 0)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(coalesce(0)), InvalidArgument);
    CHECK_THROWS_AS(HashPartitioner{0}, InvalidArgument);
}

TEST_CASE("what is left out, {} or an optional without a number, is the default")
{
    auto const pairs = rdd(Pairs{{1, 1}, {2, 2}}, 2);
    CHECK((pairs | reduceByKey(std::plus{})).numPartitions() == 1);
    CHECK((pairs | reduceByKey(std::plus{}, {}, CallSite::here())).numPartitions() == 1);
    CHECK((pairs | reduceByKey(std::plus{}, std::optional<std::size_t>{})).numPartitions() == 1);
    CHECK((pairs | reduceByKey(std::plus{}, std::optional<std::size_t>{4})).numPartitions() == 4);
    CHECK((pairs | sortByKey()).numPartitions() == 2);
    CHECK((pairs | partitionBy(3) | groupByKey()).numPartitions() == 3);
}
