#include <sluice/stream/graph.hpp>

#include <doctest/doctest.h>

#include <string>

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
    bool generate(Time) override { return false; }
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
    core.addOutput(Counted<detail::OutputNode>{makeCounted<Output>(label)}, core.addStep(detail::Step::input, label));
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
    CHECK_THROWS_WITH_AS(core.requireBuilding(label), doctest::Contains("sluice::kind (file.cpp:7): the context has been started"), IllegalState);
    CHECK_THROWS_AS(core.addName("n", label), IllegalState);
    CHECK_THROWS_AS(core.addOutput(Counted<detail::OutputNode>{makeCounted<Output>(label)}, core.addStep(detail::Step::input, label)), IllegalState);
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
