#include <sluice/state/lasting.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

using namespace sluice;
using namespace sluice::detail;
using namespace std::chrono_literals;

namespace {

/// A number that each step adds its time to.
struct Sum final : LastingTable {
    int value = 0;
    int before = 0;

    void commit() noexcept override { before = value; }
    void undo() noexcept override { value = before; }
    [[nodiscard]] std::size_t size() const noexcept override { return 1; }
    [[nodiscard]] std::size_t bytes() const override { return 8; }
};

using GivenSums = PartsStep<LastingStep, std::vector<int>>;

/// Three partitions of them. It fails as often as it is told to, in the last one.
struct Sums final : SteppedNode {
    explicit Sums(Counted<GraphCore> const& owner) : SteppedNode(owner, {"sums", {"file.cpp", 7, ""}}, 1s, memoKind<GivenSums, LastingStep>)
    {
    }

    [[nodiscard]] Counted<LastingStep> at(Time t) { return stepOf(t); }
    [[nodiscard]] std::vector<int> partsOf(Counted<LastingStep> const& step) const
    {
        std::vector<int> all;
        for (std::size_t p = 0; p < 3; ++p) {
            auto const& part = static_cast<GivenSums&>(*step).part(p);
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }

    int failures = 0;
    int met = 0;

private:
    Counted<LastingStep> ask(Time t) override
    {
        if (!graph->isValid(t, slides)) return {};
        return newStep(t, [](LastingStep& step) { step.count = 3; });
    }
    void begin(LastingStep& step) override
    {
        tables.fill(step.count, [] { return new Sum; });
        static_cast<GivenSums&>(step).makeParts();
    }
    [[nodiscard]] bool idle(LastingStep const&, std::size_t p) const override { return p == 1; }
    void take(LastingStep& step, std::size_t p) override
    {
        auto& sum = static_cast<Sum&>(tables[p]);
        sum.value += static_cast<int>(step.time.sinceEpoch() / 1s);
        if (p == 2 && failures-- > 0) throw std::runtime_error{"told to"};
        static_cast<GivenSums&>(step).part(p).push_back(sum.value);
    }
    void meet(LastingStep&) override { ++met; }
    void done(LastingStep& step, bool taken) noexcept override
    {
        if (!taken) static_cast<GivenSums&>(step).clearParts();
    }
};

struct Fixture {
    Counted<GraphCore> graph = GraphCore::make(1s);
    Counted<Sums> sums = addNode<Sums>(graph, graph);

    Fixture() { graph->start(Time{}); }
    ~Fixture() { graph->disband(); }

    Counted<LastingStep> stepAt(std::int64_t t)
    {
        graph->begin(Time{} + t * 1s);
        return sums->at(Time{} + t * 1s);
    }
};

}  // namespace

TEST_CASE("a step is taken once, in all partitions that have something to do")
{
    Fixture of;
    auto const first = of.stepAt(1);
    CHECK(of.graph->hasDue());
    of.graph->updateAllDue();
    CHECK(of.sums->partsOf(first) == std::vector{1, 1});
    CHECK(first->place().defaultPartitions() == 1);
    first->prepare();
    auto const second = of.stepAt(2);
    second->prepare();  // a job may be first
    of.graph->updateAllDue();
    CHECK(of.sums->partsOf(second) == std::vector{3, 3});
    CHECK(static_cast<GivenSums&>(*second).isEmpty(1));
    CHECK(of.sums->met == 2);
    CHECK(of.sums->held().keys == 3);
    CHECK(of.sums->held().bytes == 24);
}

TEST_CASE("all partitions take a step, or none, and it may be tried again")
{
    Fixture of;
    of.stepAt(1)->prepare();
    of.graph->updateAllDue();
    of.sums->failures = 1;
    auto const step = of.stepAt(2);
    CHECK_THROWS_AS(step->prepare(), std::runtime_error);
    CHECK(of.sums->partsOf(step).empty());
    CHECK(static_cast<Sum&>(of.sums->tables[0]).value == 1);
    step->prepare();
    CHECK(of.sums->partsOf(step) == std::vector{3, 3});
    of.graph->updateAllDue();
}

TEST_CASE("what was given up, or left behind, says so")
{
    Fixture of;
    auto const lost = of.stepAt(1);
    of.graph->abandonDue();
    CHECK_THROWS_AS(lost->prepare(), StreamError);
    CHECK(of.stepAt(1) == lost);  // is asked for again, and due again
    of.graph->updateAllDue();
    CHECK(of.sums->partsOf(lost) == std::vector{1, 1});

    auto const old = of.stepAt(2);
    of.graph->abandonDue();
    of.stepAt(3)->prepare();
    of.graph->updateAllDue();
    old->abandoned = false;
    CHECK_THROWS_AS(old->prepare(), StreamError);
    CHECK(static_cast<Sum&>(of.sums->tables[0]).value == 4);
}

TEST_CASE("a step that was forgotten is no more, and its memory is used again")
{
    Fixture of;
    auto* first = of.stepAt(1).get();
    of.graph->updateAllDue();
    of.graph->evict(Time{} + 1s);
    CHECK(!of.stepAt(1));
    auto const second = of.stepAt(2);
    CHECK(second.get() == first);
    of.graph->updateAllDue();
    CHECK(of.sums->partsOf(second) == std::vector{3, 3});
    auto const third = of.stepAt(3);
    of.graph->disband();
    of.sums = {};
    CHECK_THROWS_AS(third->prepare(), StreamError);  // its node has gone
}
