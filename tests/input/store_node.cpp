#include <sluice/input/store_node.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Host : Graph {
    using Graph::Graph;
};

struct Gather {
    std::vector<int>* out;
    bool operator()(int record)
    {
        out->push_back(record);
        return true;
    }
};

using Node = detail::RecordNode<int>;

std::vector<int> recordsOf(Node const& node, Time t)
{
    auto const batch = node.at(t);
    REQUIRE(batch);
    std::vector<int> records;
    Gather sink{&records};
    for (std::size_t p = 0; p < batch->partitions(); ++p) batch->each(p, 0, sink);
    return records;
}

}  // namespace

TEST_CASE("a tick fixes what belongs to its batch")
{
    Host graph{1s};
    auto const node = detail::addInput<Node>(graph, {"channelStream", {}});
    CHECK(node->slide() == 1s);
    node->store(1);
    CHECK(node->hasWaiting());
    CHECK(!node->at(Time{1s}));
    node->fix(Time{1s});
    node->store(2);
    node->store(3);
    CHECK(recordsOf(*node, Time{1s}) == std::vector{1});
    node->fix(Time{2s});
    CHECK(recordsOf(*node, Time{2s}) == std::vector{2, 3});
    CHECK(recordsOf(*node, Time{1s}) == std::vector{1});
    CHECK(node->info(Time{2s}).numRecords == 2);
    CHECK(node->info(Time{9s}).numRecords == 0);
    CHECK(node->received() == 3);
    CHECK(!node->hasWaiting());
    node->evict(Time{1s});
    CHECK(!node->at(Time{1s}));
    CHECK(recordsOf(*node, Time{2s}) == std::vector{2, 3});
}

TEST_CASE("a batch that is done makes room, once")
{
    Host graph{1s};
    auto const node = detail::addInput<Node>(graph, {"channelStream", {}});
    node->store(1);
    node->store(2);
    node->fix(Time{1s});
    node->store(3);
    CHECK(node->store.space().used() == 3 * sizeof(int));
    node->finish(Time{1s});
    node->finish(Time{1s});
    node->finish(Time{7s});
    CHECK(node->store.space().used() == sizeof(int));
}

TEST_CASE("the bound is that of the graph")
{
    Host graph{1s};
    graph.core()->setMaxReceivedBytes(100);
    CHECK(detail::addInput<Node>(graph, {"channelStream", {}})->store.space().bound() == 100);
}

TEST_CASE("a silenced input takes nothing more")
{
    Host graph{1s};
    auto const node = detail::addInput<Node>(graph, {"channelStream", {}});
    node->silence();
    CHECK(!node->store(1));
    CHECK(!node->hasWaiting());
}
