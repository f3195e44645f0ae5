#pragma once

#include <sluice/batch/any_rdd.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Two batches as one, their partitions appended. Those that a loop unites, `all = all | unionWith(next)`, make a tree that
/// is kept balanced (as AVL trees are: G. Adelson-Velsky, E. Landis 1962, by their concatenation): no union of n batches is
/// deeper than 1.44 log n, to add one costs as much, and the union before it stays what it was.
template <class T>
struct JoinedBatches final : AnyBatchBase<T> {
    using Batch = Counted<AnyBatchBase<T>>;

    JoinedBatches(Batch a, Batch b)
        : left(static_cast<Batch&&>(a)),
          right(static_cast<Batch&&>(b)),
          leftPartitions(left->partitions()),
          allPartitions(leftPartitions + right->partitions()),
          allResumable(left->resumable() && right->resumable()),
          runsAt(placeOf(left->place(), right->place()))
    {
        auto const l = heightOf(left);
        auto const r = heightOf(right);
        height = (l > r ? l : r) + 1;
    }

    [[nodiscard]] bool resumable() const override { return allResumable; }
    [[nodiscard]] std::size_t partitions() const override { return allPartitions; }
    [[nodiscard]] Partitioning partitioning() const override { return {}; }
    [[nodiscard]] bool isEmpty(std::size_t p) const override
    {
        auto const& batch = find(p);
        return batch.isEmpty(p);
    }
    [[nodiscard]] EnginePlace const& place() const override { return runsAt; }
    void prepare() const override
    {
        left->prepare();
        right->prepare();
    }
    [[nodiscard]] bool views(void const* from, void const* to) const override { return left->views(from, to) || right->views(from, to); }
    std::size_t blocks(std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const override
    {
        auto const& batch = find(p);
        return batch.blocks(p, from, one, fn, context);
    }
    [[nodiscard]] JoinedBatches const* joined() const override { return this; }

    [[nodiscard]] static unsigned heightOf(Batch const& batch)
    {
        auto const* const tree = batch->joined();
        return tree != nullptr ? tree->height : 0;
    }

    Batch left;
    Batch right;
    std::size_t leftPartitions;
    std::size_t allPartitions;
    bool allResumable;
    EnginePlace runsAt;
    unsigned height;

private:
    /// The batch that partition p belongs to; p becomes its number there.
    [[nodiscard]] AnyBatchBase<T> const& find(std::size_t& p) const
    {
        auto const* tree = this;
        for (;;) {
            bool const goesLeft = p < tree->leftPartitions;
            if (!goesLeft) p -= tree->leftPartitions;
            auto const& next = goesLeft ? *tree->left : *tree->right;
            tree = next.joined();
            if (tree == nullptr) return next;
        }
    }
};

/// Of two whose heights differ by two at most.
template <class T>
Counted<AnyBatchBase<T>> balanced(Counted<AnyBatchBase<T>> a, Counted<AnyBatchBase<T>> b)
{
    using Tree = JoinedBatches<T>;
    auto const both = [](auto const& x, auto const& y) { return Counted<AnyBatchBase<T>>{makeCounted<Tree>(x, y)}; };
    auto const height = [](auto const& batch) { return Tree::heightOf(batch); };
    if (height(a) > height(b) + 1) {
        auto const& tree = *a->joined();
        if (height(tree.left) >= height(tree.right)) return both(tree.left, both(tree.right, b));
        auto const& middle = *tree.right->joined();
        return both(both(tree.left, middle.left), both(middle.right, b));
    }
    if (height(b) > height(a) + 1) {
        auto const& tree = *b->joined();
        if (height(tree.right) >= height(tree.left)) return both(both(a, tree.left), tree.right);
        auto const& middle = *tree.left->joined();
        return both(both(a, middle.left), both(middle.right, tree.right));
    }
    return both(a, b);
}

/// Both as one, a's partitions first; where one of the trees is higher by more than one, the other goes into it.
template <class T>
Counted<AnyBatchBase<T>> joinedOf(Counted<AnyBatchBase<T>> const& a, Counted<AnyBatchBase<T>> const& b)
{
    auto const l = JoinedBatches<T>::heightOf(a);
    auto const r = JoinedBatches<T>::heightOf(b);
    if (l > r + 1) return balanced<T>(a->joined()->left, joinedOf<T>(a->joined()->right, b));
    if (r > l + 1) return balanced<T>(joinedOf<T>(a, b->joined()->left), b->joined()->right);
    return balanced<T>(a, b);
}

}  // namespace sluice::inline SLUICE_ABI::detail
