#include <sluice/batch/joined_batches.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/union_with.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace sluice;
using detail::AnyBatchBase;
using detail::Counted;
using detail::JoinedBatches;

namespace {

std::vector<int> upTo(int n)
{
    std::vector<int> all;
    for (int i = 0; i < n; ++i) all.push_back(i);
    return all;
}

/// Each tree's halves differ by one at most; how high it is.
unsigned checkBalance(Counted<AnyBatchBase<int>> const& batch)
{
    auto const* const tree = batch->joined();
    if (tree == nullptr) return 0;
    auto const left = checkBalance(tree->left);
    auto const right = checkBalance(tree->right);
    CHECK(std::max(left, right) - std::min(left, right) <= 1);
    CHECK(tree->height == std::max(left, right) + 1);
    CHECK(tree->partitions() == tree->left->partitions() + tree->right->partitions());
    return tree->height;
}

}  // namespace

TEST_CASE("a loop unites batches in either order, and they stay in it")
{
    int const n = 300;
    RDD<int> all = rdd({0}, 2);
    RDD<int> back = rdd({n - 1}, 2);
    for (int i = 1; i < n; ++i) {
        all = all | unionWith(RDD<int>{rdd({i}, 2)});
        back = rdd({n - 1 - i}, 2) | unionWith(back);
        if (i % 50 == 0) {
            checkBalance(all.node().batch());
            checkBalance(back.node().batch());
        }
    }
    CHECK((all | collect()) == upTo(n));
    CHECK((back | collect()) == upTo(n));
    CHECK(all.numPartitions() == 2 * n);
    CHECK(JoinedBatches<int>::heightOf(all.node().batch()) <= 1.45 * std::log2(n) + 1);
}

TEST_CASE("unions of unions, whatever their sizes, are balanced, and leave those they are made of alone")
{
    std::vector<RDD<int>> parts;
    int next = 0;
    for (int size : {1, 40, 3, 17, 90, 2, 2, 55}) {
        RDD<int> part = rdd({next++});
        for (int i = 1; i < size; ++i) part = part | unionWith(rdd({next++}));
        parts.push_back(part);
    }
    RDD<int> all = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) all = all | unionWith(parts[i]);
    checkBalance(all.node().batch());
    CHECK((all | collect()) == upTo(next));
    RDD<int> const three = parts[0] | unionWith(parts[1], rdd({7, 8}, 2));
    CHECK((three | count()) == 43);
    CHECK((parts[1] | count()) == 40);
    CHECK((parts[4] | collect()).front() == 61);
    CHECK((all | filter([](int x) { return x % 2 == 0; }) | count()) == next / 2);
}
