#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/stream/appended.hpp>

#include <doctest/doctest.h>

using namespace sluice;

TEST_CASE("batches of which the number is known at run time are one batch of all their partitions")
{
    auto const list = detail::makeCounted<detail::BatchList<int>>();
    list->add(RDD<int>{rdd({1, 2, 3}, 2)}.node());
    list->add(RDD<int>{rdd(std::vector<int>{})}.node());
    list->add(RDD<int>{rdd({4})}.node());
    auto const all = detail::rddOf(detail::Appended<int>{list});
    CHECK(all.numPartitions() == 4);
    CHECK((all | collect()) == std::vector{1, 2, 3, 4});
    CHECK((all | take(2)) == std::vector{1, 2});
    CHECK(all.node().isEmpty(2));
    CHECK(all.node().resumable());
    list->clear();
    CHECK(all.numPartitions() == 0);
    CHECK((all | count()) == 0);
}
