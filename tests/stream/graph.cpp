#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/stream/graph.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

using namespace sluice;
using namespace std::chrono_literals;
using sluice::detail::Counted;
using sluice::detail::GraphCore;
using sluice::detail::makeCounted;

namespace {

struct Host : Graph {
    using Graph::Graph;
};

struct Input final : detail::InputNode {
    using InputNode::InputNode;
    std::vector<Time>* evicted = nullptr;
    bool* silenced = nullptr;
    void evict(Time t) override
    {
        if (evicted != nullptr) evicted->push_back(t);
    }
    void silence() override
    {
        if (silenced != nullptr) *silenced = true;
    }
    void fix(Time) override {}
    StreamInputInfo info(Time) const override { return {}; }
};

struct Output final : detail::OutputNode {
    using OutputNode::OutputNode;
    bool plan(Time) override { return false; }
    void run(Time) override {}
    void clear() override {}
};

Label const label{"kind", {"file.cpp", 7, ""}};

}  // namespace

TEST_CASE("inputs are numbered in the order of their creation")
{
    Host graph{1s};
    CHECK(detail::addInput<Input>(graph, label)->id == 0);
    CHECK(detail::addInput<Input>(graph, label)->id == 1);
    CHECK(graph.core()->inputs().size() == 2);
}

TEST_CASE("a place is told as users write it")
{
    CHECK(detail::where({"map", {"a.cpp", 3, ""}, nullptr}) == "sluice::map (a.cpp:3)");
    CHECK(detail::where({"map", {"a.cpp", 3, ""}, "double"}) == "sluice::map \"double\" (a.cpp:3)");
    CHECK(detail::where({"map", {}, nullptr}) == "sluice::map");
}

TEST_CASE("a graph without output, or with a name given twice, is not valid")
{
    Host graph{1s};
    auto& core = *graph.core();
    CHECK_THROWS_WITH_AS(core.validate(), doctest::Contains("no output is registered"), InvalidArgument);
    core.addOutput(Counted<detail::OutputNode>{makeCounted<Output>(label)}, core.addStep(detail::DrawnStep::input, label));
    core.validate();
    CHECK(std::string{core.addName("counts", {"map", {"a.cpp", 1, ""}})} == "counts");
    core.addName("other", label);
    core.validate();
    core.addName("counts", {"filter", {"b.cpp", 2, ""}});
    CHECK_THROWS_WITH_AS(core.validate(),
                         "sluice::named: a name is given twice: to sluice::map \"counts\" (a.cpp:1) and to "
                         "sluice::filter \"counts\" (b.cpp:2)",
                         InvalidArgument);
}

TEST_CASE("a graph is built until it starts, and nothing is added from then on")
{
    Host graph{1s};
    auto& core = *graph.core();
    core.requireBuilding(label);
    core.start(Time{5s});
    CHECK(core.zero() == Time{5s});
    CHECK_THROWS_WITH_AS(core.requireBuilding(label), doctest::Contains("sluice::kind (file.cpp:7): the context has been started"),
                         IllegalState);
    CHECK_THROWS_AS(core.addName("n", label), IllegalState);
    CHECK_THROWS_AS(core.addOutput(Counted<detail::OutputNode>{makeCounted<Output>(label)}, core.addStep(detail::DrawnStep::input, label)),
                    IllegalState);
    CHECK_THROWS_AS(detail::addInput<Input>(graph, label), IllegalState);
    core.setPhase(GraphCore::Phase::stopped);
    CHECK_THROWS_WITH_AS(core.requireBuilding(label), doctest::Contains("has been stopped"), IllegalState);
}

TEST_CASE("batches are forgotten at once, or after the time to remember")
{
    for (Duration const remember : {0s, 3s}) {
        Host graph{1s};
        std::vector<Time> evicted;
        auto const input = detail::addInput<Input>(graph, label);
        input->evicted = &evicted;
        if (remember > 0s) graph.core()->setRemember(remember);
        graph.core()->evict(Time{10s});
        CHECK(evicted == std::vector<Time>{Time{10s} - remember});
    }
}

TEST_CASE("a graph that goes silences its inputs, and says that it is gone")
{
    bool silenced = false;
    Counted<GraphCore> core;
    {
        Host graph{1s};
        core = graph.core();
        detail::addInput<Input>(graph, label)->silenced = &silenced;
    }
    CHECK(silenced);
    CHECK(core->inputs().empty());
    CHECK_THROWS_WITH_AS(core->requireBuilding(label), doctest::Contains("no longer exists"), IllegalState);
}

TEST_CASE("an interval is positive")
{
    CHECK_THROWS_WITH_AS(Host{0s}, "sluice::Graph: the batch interval must be positive, got 0 ms", InvalidArgument);
    CHECK(Host{1us}.batchInterval() == 1us);
}

TEST_CASE("a graph may be built by several threads at once")
{
    IntervalClock clock{1s};
    constexpr int each = 200;
    std::atomic<std::int64_t> seen = 0;
    auto const build = [&](int thread) {
        for (int i = 0; i < each; ++i) {
            auto const numbers = testing::literalStream<int>(clock, {{1, 2}});
            DStream<int> const doubled = numbers | map([](int x) { return 2 * x; }) | named(std::to_string(thread * each + i));
            doubled | window(2s) | foreachRDD([&](auto batch) { seen += batch | sum(); });
        }
    };
    std::thread one{build, 1};
    std::thread two{build, 2};
    build(0);
    one.join();
    two.join();
    auto const& core = *clock.core();
    CHECK(core.inputs().size() == 3 * each);
    CHECK(core.outputs().size() == 3 * each);
    CHECK(core.holding().size() == 3 * each);
    CHECK(core.steps().size() == 3 * each * 4);
    for (std::size_t i = 0; i < core.outputs().size(); ++i) CHECK(core.outputs()[i]->id == i);
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(seen == 3 * each * 6);
}

TEST_CASE("an operator that is refused while it is made leaves nothing behind that batches look at")
{
    testing::Harness harness;
    auto const pairs = testing::literalStream<std::pair<int, int>>(harness.context(), {{{1, 1}}});
    CHECK_THROWS_AS(static_cast<void>(pairs | window(1500ms)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(pairs | reduceByKeyAndWindow(std::plus{}, 1500ms)), InvalidArgument);
    CHECK(harness.context().core()->holding().empty());
    CHECK(!harness.context().core()->hasState());
    struct Counting : StreamingListener {
        std::atomic<int> batches = 0;
        void onBatchCompleted(BatchCompleted const&) override { ++batches; }
    } counting;
    harness.context().addStreamingListener(counting);
    pairs | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(1s);  // asks what is held
    harness.context().stop({.gracefully = true});
    CHECK(counting.batches == 1);
}
