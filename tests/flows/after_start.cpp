#include <sluice/operators/cache.hpp>
#include <sluice/operators/cogroup.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/group_by_key.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/repartition.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/transform_all.hpp>
#include <sluice/operators/transform_with.hpp>
#include <sluice/operators/union_all.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/outputs/print.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/outputs/write_to.hpp>
#include <sluice/sources/binary_records_stream.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/sources/file_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/socket_stream.hpp>
#include <sluice/sources/socket_text_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// Whatever would be added to a context that has started, or stopped, is refused: by kind, with the line of the call.

namespace {

/// Something that adds to a graph, and where it stands.
struct Adding {
    std::string kind;
    int line;
    std::function<void()> add;
};

/// What it throws as IllegalState; what else it does is said, too.
std::string refusal(std::function<void()> const& add)
{
    try {
        add();
    } catch (IllegalState const& error) {
        return error.what();
    } catch (std::exception const& error) {
        return std::string{"another error: "} + error.what();
    }
    return "nothing was thrown";
}

struct Writer {
    static void write(std::pair<int, int>) {}
    static void close() {}
};

constexpr auto plus = [](int a, int b) { return a + b; };
constexpr auto asItIs = [](auto batch) { return batch; };
constexpr auto toPair = [](int x) { return std::pair{x % 2, x}; };

}  // namespace

TEST_CASE("nothing is added after the start, nor after the stop")
{
    testing::Harness harness;
    StreamingContext& context = harness.context();
    RDDQueue<int> queue;
    auto const numbers = queueStream(context, queue);
    auto const pairs = numbers | map(toPair);
    auto const states = pairs | updateStateByKey([](std::vector<int> const& values, std::optional<int>) {
                            return std::optional{static_cast<int>(values.size())};
                        });
    DStream<int> const any = numbers;
    std::vector<DStream<int>> const several{numbers, numbers};
    int batches = 0;
    states | foreachRDD([&](auto const&) { ++batches; });

    // clang-format off: each stands on one line, which is its own
    std::vector<Adding> const all{
        // narrow, behind a source, a stage, a node and any stream
        {"map", __LINE__, [&] { static_cast<void>(numbers | map(toPair)); }},
        {"map", __LINE__, [&] { static_cast<void>(any | map(toPair)); }},
        {"filter", __LINE__, [&] { static_cast<void>(pairs | filter([](auto const&) { return true; })); }},
        {"mapValues", __LINE__, [&] { static_cast<void>(states | mapValues([](int x) { return x; })); }},
        {"flatMap", __LINE__, [&] { static_cast<void>(numbers | flatMap([](int x) { return std::vector{x}; })); }},
        {"unionWith", __LINE__, [&] { static_cast<void>(numbers | unionWith(any)); }},
        {"unionAll", __LINE__, [&] { static_cast<void>(unionAll(several)); }},
        {"transform", __LINE__, [&] { static_cast<void>(numbers | transform(asItIs)); }},
        {"unionAll", __LINE__, [&] { static_cast<void>(unionAll(numbers, any)); }},
        {"transformAll", __LINE__, [&] { static_cast<void>(transformAll(numbers, any, [](auto a, auto) { return a; })); }},
        {"transformWith", __LINE__, [&] { static_cast<void>(numbers | transformWith(any, [](auto a, auto) { return a; })); }},
        {"transformAll", __LINE__, [&] { static_cast<void>(transformAll(several, [](auto const& rdds) { return rdds[0]; })); }},
        // wide, actions and what is kept
        {"reduceByKey", __LINE__, [&] { static_cast<void>(pairs | reduceByKey(plus)); }},
        {"groupByKey", __LINE__, [&] { static_cast<void>(pairs | groupByKey()); }},
        {"join", __LINE__, [&] { static_cast<void>(pairs | join(states)); }},
        {"cogroup", __LINE__, [&] { static_cast<void>(pairs | cogroup(states)); }},
        {"repartition", __LINE__, [&] { static_cast<void>(pairs | repartition(3)); }},
        {"count", __LINE__, [&] { static_cast<void>(numbers | count()); }},
        {"reduce", __LINE__, [&] { static_cast<void>(numbers | reduce(plus)); }},
        {"cache", __LINE__, [&] { static_cast<void>(numbers | cache()); }},
        {"named", __LINE__, [&] { static_cast<void>(states | named("late")); }},
        // over time
        {"window", __LINE__, [&] { static_cast<void>(numbers | window(2s)); }},
        {"reduceByKeyAndWindow", __LINE__, [&] { static_cast<void>(pairs | reduceByKeyAndWindow(plus, 2s)); }},
        {"updateStateByKey", __LINE__, [&] { static_cast<void>(pairs | updateStateByKey([](std::vector<int> const&, std::optional<int> s) { return s; })); }},
        {"mapWithState", __LINE__, [&] { static_cast<void>(pairs | mapWithState(StateSpec{[](int, std::optional<int>, State<int>&) { return 0; }})); }},
        // sources
        {"queueStream", __LINE__, [&] { static_cast<void>(queueStream(context, queue)); }},
        {"channelStream", __LINE__, [&] { static_cast<void>(channelStream<int>(context)); }},
        {"constantStream", __LINE__, [&] { static_cast<void>(constantStream(context, rdd({1}))); }},
        {"pullStream", __LINE__, [&] { static_cast<void>(pullStream(context, [](Time) { return rdd({1}); })); }},
        {"receiverStream", __LINE__, [&] { static_cast<void>(receiverStream<int>(context, [](std::stop_token, Store<int>&) {})); }},
        {"socketStream", __LINE__, [&] { static_cast<void>(socketStream<int>(context, "localhost", 9999, [](std::string_view b, auto&) { return b.size(); })); }},
        {"socketTextStream", __LINE__, [&] { static_cast<void>(socketTextStream(context, "localhost", 9999)); }},
        {"fileStream", __LINE__, [&] { static_cast<void>(fileStream<TextFormat>(context, "/tmp/none")); }},
        {"textFileStream", __LINE__, [&] { static_cast<void>(textFileStream(context, "/tmp/none")); }},
        {"binaryRecordsStream", __LINE__, [&] { static_cast<void>(binaryRecordsStream(context, "/tmp/none", 4)); }},
        {"deadLetters", __LINE__, [&] { static_cast<void>(deadLetters<int>(context)); }},
        // outputs
        {"foreachRDD", __LINE__, [&] { numbers | foreachRDD([](auto const&) {}); }},
        {"print", __LINE__, [&] { pairs | print(); }},
        {"writeTo", __LINE__, [&] { pairs | writeTo([](OutputKey) { return Writer{}; }); }},
        {"saveAsTextFiles", __LINE__, [&] { states | saveAsTextFiles("/tmp/none"); }},
        // of several operators at once the first one
        {"map", __LINE__, [&] { numbers | map(toPair) | reduceByKey(plus) | print(); }},
        {"filter", __LINE__, [&] { static_cast<void>(numbers | (filter([](int) { return true; }) | map(toPair))); }},
    };
    // clang-format on

    auto const inputs = context.core()->inputs().size();
    auto const outputs = context.core()->outputs().size();
    auto const steps = context.core()->steps().size();
    auto const refused = [&](char const* why) {
        for (auto const& [kind, line, add] : all) {
            auto const text = refusal(add);
            auto const begin = "sluice::" + kind + " (" + __FILE__ + ':' + std::to_string(line) + "): " + why;
            CAPTURE(text);
            CAPTURE(begin);
            CHECK(text.starts_with(begin));
        }
        CHECK(context.core()->inputs().size() == inputs);
        CHECK(context.core()->outputs().size() == outputs);
        CHECK(context.core()->steps().size() == steps);
    };
    harness.start();
    refused("the context has been started");
    queue.push({1, 2});
    harness.advance(1s);
    CHECK(batches == 1);
    context.stop();
    refused("the context has been stopped");
    context.awaitTermination();
}
