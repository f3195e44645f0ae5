#include <sluice/stream/graph.hpp>
#include <sluice/stream/node.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Holder final : detail::HoldingNode {
    using HoldingNode::HoldingNode;
    void evict(Time) override {}
    [[nodiscard]] StreamHeldInfo held() const override { return heldInfo(3, 24); }
};

struct Output final : detail::OutputNode {
    using OutputNode::OutputNode;
    bool plan(Time) override { return false; }
    void run(Time) override { freed(); }
    void clear() override {}
};

Label const label{"cache", {"file.cpp", 7, ""}};

}  // namespace

TEST_CASE("what a node holds is told by the name that it has, else by its place")
{
    auto const graph = detail::GraphCore::make(1s);
    auto const node = detail::addNode<Holder>(graph, graph, label);
    auto& holder = *node;
    CHECK(holder.held().name == "sluice::cache (file.cpp:7)");
    CHECK(holder.held().keys == 3);
    CHECK(holder.held().bytes == 24);
    holder.rename("words");
    CHECK(holder.held().name == "words");
    REQUIRE(graph->holding().size() == 1);
    CHECK(graph->holding()[0] == &holder);
    graph->disband();
}

TEST_CASE("an output says when another batch may be planned, to whoever runs several at once")
{
    struct Jobs : detail::FreedHandler {
        std::size_t last = 99;
        void freed(std::size_t output) override { last = output; }
    } jobs;
    Output output{label};
    output.id = 4;
    output.run(Time{1s});
    CHECK(jobs.last == 99);
    output.jobs = &jobs;
    output.run(Time{1s});
    CHECK(jobs.last == 4);
}
