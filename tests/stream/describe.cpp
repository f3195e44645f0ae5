#include <sluice/operators/count.hpp>
#include <sluice/operators/count_by_window.hpp>
#include <sluice/operators/distinct.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/glom.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/reduce_by_window.hpp>
#include <sluice/operators/state_snapshots.hpp>
#include <sluice/operators/subtract_by_key.hpp>
#include <sluice/operators/union_all.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/outputs/print.hpp>
#include <sluice/outputs/write_to.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/stream/describe.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr CallSite none{};

auto numbers(Graph const& graph) { return queueStream(graph, RDDQueue<int>{}, true, none); }
auto pairs(Graph const& graph)
{
    return numbers(graph) | map([](int x) { return std::pair{x % 10, x}; }, none);
}
constexpr auto odd = [](int x) { return x % 2 == 1; };

}  // namespace

TEST_CASE("of a context all that was written is told, and what leads to no output")
{
    IntervalClock clock{1s};
    CHECK(describe(clock).empty());
    auto const in = pairs(clock);
    auto const sums = in | reduceByKey(std::plus{}, {}, none) | named("sums");
    sums | join(in, {}, none) | count(none) | print(10, none);
    static_cast<void>(sums | filter([](int, int x) { return x > 0; }, none));
    CHECK(describe(clock) ==
          "1 queueStream\n"
          "2 map <- 1, fused\n"
          "3 reduceByKey \"sums\" <- 2\n"
          "4 join <- 3, 2\n"
          "5 count <- 4\n"
          "6 print <- 5\n"
          "7 filter <- 3, fused, leads to no output\n");
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(describe(clock).size() > 100);  // while it runs, too
}

TEST_CASE("of a stream what leads to it is told, also through any stream, with the numbers of the whole")
{
    IntervalClock clock{1s};
    auto const in = pairs(clock);
    in | count(none) | print(10, none);
    DStream<std::pair<int, int>> const any = in | filter([](int, int) { return true; }, none);
    auto const all = unionAll(std::vector<DStream<std::pair<int, int>>>{any, in}, none);
    CHECK(describe(all) ==
          "1 queueStream\n"
          "2 map <- 1, fused\n"
          "5 filter <- 2, fused\n"
          "6 unionAll <- 5, 2\n");
    CHECK(describe(any | glom(none)) ==
          "1 queueStream\n"
          "2 map <- 1, fused\n"
          "5 filter <- 2, fused\n"
          "7 glom <- 5, fused\n");
    all | print(10, none);
}

TEST_CASE("an operator of several nodes is one step, and named as one: also what it holds, and its errors")
{
    IntervalClock clock{1s};
    auto const keep = [](int, std::optional<int> x, State<int>& state) {
        state.update(x.value_or(0));
        return state.get();
    };
    numbers(clock) | countByWindow(2s, 1s, none) | named("counts") | print(10, none);
    numbers(clock) | reduceByWindow(std::plus{}, 2s, 1s, none) | named("sums") | print(10, none);
    auto const states = pairs(clock) | mapWithState(StateSpec{keep}, none) | named("states");
    states | stateSnapshots(none) | print(10, none);
    CHECK(describe(clock) ==
          " 1 queueStream\n"
          " 2 countByWindow \"counts\" <- 1\n"
          " 3 print <- 2\n"
          " 4 queueStream\n"
          " 5 reduceByWindow \"sums\" <- 4\n"
          " 6 print <- 5\n"
          " 7 queueStream\n"
          " 8 map <- 7, fused\n"
          " 9 mapWithState \"states\" <- 8\n"
          "10 stateSnapshots <- 9\n"
          "11 print <- 10\n");
    std::vector<std::string> names;
    for (auto const* lasting : clock.core()->holding()) names.push_back(lasting->held().name);
    CHECK(names == std::vector<std::string>{"counts", "sums", "states"});
}

TEST_CASE("what is refused leaves no step behind")
{
    IntervalClock here{1s};
    IntervalClock there{1s};
    auto const a = pairs(here);
    auto const b = pairs(there);
    CHECK_THROWS_AS(static_cast<void>(b | join(a, {}, none)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(b | unionWith(a)), InvalidArgument);
    static_cast<void>(b | unionWith(b) | named("twice"));
    CHECK(describe(there).find("join") == std::string::npos);
    CHECK(describe(there).find("3 unionWith \"twice\"") != std::string::npos);
    CHECK(describe(there).find("4 ") == std::string::npos);
}

TEST_CASE("the place in the source is told")
{
    IntervalClock clock{1s};
    auto const line = std::to_string(__LINE__ + 1);
    auto const odds = numbers(clock) | filter(odd);
    CHECK(describe(odds) == std::string("1 queueStream\n2 filter (") + __FILE__ + ":" + line + ") <- 1, fused\n");
    CHECK(toDot(odds).find("[label=\"filter\\n" + std::string(__FILE__) + ":" + line + "\", shape=box, style=rounded]") !=
          std::string::npos);
}

TEST_CASE("of a pipeline its operators are told")
{
    CHECK(describe(filter(odd, none) | map([](int x) { return std::pair{x, x}; }, none) | reduceByKey(std::plus{}, {}, none) |
                   distinct({}, none) | print(10, none)) ==
          "1 filter, fused\n"
          "2 map <- 1, fused\n"
          "3 reduceByKey <- 2\n"
          "4 distinct <- 3\n"
          "5 print <- 4\n");
}

TEST_CASE("Graphviz is told the same, whatever is in a name")
{
    IntervalClock clock{1s};
    numbers(clock) | filter(odd, none) | named("a \"quoted\" \\ name\nof two lines") | count(none) | print(10, none);
    CHECK(toDot(clock) ==
          "digraph sluice {\n"
          "  node [fontname=\"sans-serif\"];\n"
          "  s1 [label=\"queueStream\", shape=ellipse];\n"
          "  s2 [label=\"filter\\na \\\"quoted\\\" \\\\ name\\nof two lines\", shape=box, style=rounded];\n"
          "  s3 [label=\"count\", shape=box];\n"
          "  s4 [label=\"print\", shape=octagon];\n"
          "  s1 -> s2;\n"
          "  s2 -> s3;\n"
          "  s3 -> s4;\n"
          "}\n");
}

TEST_CASE("a name in a pipeline belongs to the operator before it, and subtractByKey is one step")
{
    CHECK(describe(filter(odd, none) | named("odds") | count(none)) == "1 filter \"odds\", fused\n2 count <- 1\n");
    IntervalClock clock{1s};
    auto const a = pairs(clock);
    a | subtractByKey(a, {}, none) | named("rest") | print(10, none);
    CHECK(describe(clock).find("subtractByKey \"rest\" <- ") != std::string::npos);
    CHECK(describe(clock).find("subtractByKey <- ") == std::string::npos);
}
