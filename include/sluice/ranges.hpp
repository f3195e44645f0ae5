#pragma once

// The border to range-v3, which nobody pays for who does not include this: a view as a batch, a batch as a range.

#include <sluice/batch/rdd.hpp>

#include <range/v3/iterator/access.hpp>
#include <range/v3/iterator/operations.hpp>
#include <range/v3/range/access.hpp>
#include <range/v3/range/concepts.hpp>
#include <range/v3/range/primitives.hpp>
#include <range/v3/range/traits.hpp>
#include <range/v3/view/all.hpp>
#include <range/v3/view/facade.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The records of a view, computed when they are pushed; cut into partitions where positions can be computed.
template <class View>
class ViewBatch {
    using Reference = ::ranges::range_reference_t<View>;
    static constexpr bool cut = ::ranges::random_access_range<View> && ::ranges::sized_range<View>;

public:
    using Record = std::conditional_t<std::is_lvalue_reference_v<Reference>, std::remove_reference_t<Reference> const&,
                                      std::remove_cvref_t<Reference>>;
    static constexpr bool stored = std::is_reference_v<Record>;
    static constexpr bool stable = stored;

    ViewBatch(View view, std::size_t partitions) : view_(static_cast<View&&>(view)), partitions_(partitions)
    {
        if (partitions == 0) throw InvalidArgument{"sluice::fromRange(view, partitions): at least one partition, got 0"};
        if (partitions > 1 && !cut) {
            throw InvalidArgument{"sluice::fromRange(view, partitions): a view without random access has one partition"};
        }
    }

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return partitions_; }
    [[nodiscard]] bool isEmpty(std::size_t p) const
    {
        if constexpr (cut) return begin(p) == begin(p + 1);
        else return false;
    }
    [[nodiscard]] static constexpr InlinePlace place() { return {}; }
    void prepare() const {}

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        Sink local = static_cast<Sink&&>(sink);
        View view = view_;  // a view need not be usable as const, and several threads may be here
        auto i = ::ranges::begin(view);
        std::size_t at = from;
        if constexpr (cut) {
            using Difference = ::ranges::range_difference_t<View>;
            auto const last = begin(p + 1) - begin(p);
            i += static_cast<Difference>(begin(p) + from);
            while (at < last) {
                ++at;
                if (!local(static_cast<Record>(*i))) break;
                ++i;
            }
        } else {
            auto const end = ::ranges::end(view);
            for (std::size_t skipped = 0; skipped < from && i != end; ++skipped) ++i;
            for (; i != end; ++i) {
                ++at;
                if (!local(static_cast<Record>(*i))) break;
            }
        }
        sink = static_cast<Sink&&>(local);
        return at;
    }

private:
    [[nodiscard]] std::size_t begin(std::size_t p) const
    {
        View view = view_;
        auto const size = static_cast<std::size_t>(::ranges::size(view));
        return p == partitions_ ? size : p * size / partitions_;
    }

    View view_;
    std::size_t partitions_;
};

/// Takes so many records, owned, and then no more.
template <class T>
struct PullSink {
    std::vector<T>* records;
    std::size_t wanted;

    template <class R>
    bool operator()(R&& record)
    {
        records->push_back(own(static_cast<R&&>(record)));
        return records->size() < wanted;
    }
};

/// Pulls from a batch, a block at a time.
template <class Node>
class BatchRange : public ::ranges::view_facade<BatchRange<Node>> {
    friend ::ranges::range_access;
    using T = Owned<ValueOf<Node>>;

    struct State {
        Node node;
        std::vector<T> block{};
        std::size_t at = 0;         // in the block
        std::size_t partition = 0;  // of the block that comes next
        std::size_t from = 0;       // in that
        bool begun = false;

        explicit State(Node n) : node(static_cast<Node&&>(n)) {}

        void next()
        {
            if (!begun) {
                node.prepare();
                begun = true;
            } else if (++at < block.size()) {
                return;
            }
            block.clear();
            at = 0;
            while (block.empty() && partition < node.partitions()) {
                if (node.isEmpty(partition)) {
                    leave();
                    continue;
                }
                // What cannot be resumed is taken whole.
                auto const wanted = node.resumable() ? blockSize : ~std::size_t{0};
                PullSink<T> sink{&block, wanted};
                from = node.each(partition, from, sink);
                if (block.size() < wanted) leave();
            }
        }
        void leave()
        {
            ++partition;
            from = 0;
        }

        static constexpr std::size_t blockSize = 256;
    };

    class cursor {
    public:
        cursor() = default;
        explicit cursor(State* state) : state_(state) {}
        [[nodiscard]] decltype(auto) read() const { return std::as_const(state_->block)[state_->at]; }  // of bools a value
        [[nodiscard]] bool equal(::ranges::default_sentinel_t) const { return state_->block.empty(); }
        void next() { state_->next(); }

    private:
        State* state_ = nullptr;
    };

    [[nodiscard]] cursor begin_cursor()
    {
        if (!state_->value.begun) state_->value.next();
        return cursor{&state_->value};
    }
    [[nodiscard]] static ::ranges::default_sentinel_t end_cursor() { return {}; }

    Counted<Box<State>> state_;

public:
    BatchRange() = default;
    explicit BatchRange(Node node) : state_(makeCounted<Box<State>>(State{static_cast<Node&&>(node)})) {}
};

}  // namespace detail

/// A batch over a range-v3 view, or any range that can be gone through again: `fromRange(view, partitions = 1)`. Its records are
/// computed when they are pushed, each time anew; an lvalue that is no view is referred to and must outlive the batch.
///
/// Several partitions need random access and a size; else, or none: `InvalidArgument`. For `transform`, `queueStream`
/// and tests.
///
/// ```cpp
/// auto const squares = fromRange(ranges::views::ints(1, 5) | ranges::views::transform([](int x) { return x * x; }), 2);
/// CHECK((squares | filter([](int x) { return x > 1; }) | collect()) == std::vector{4, 9, 16});
/// ```
template <class R>
    requires ::ranges::viewable_range<R> && ::ranges::forward_range<::ranges::views::all_t<R>>
[[nodiscard]] auto fromRange(R&& range, std::size_t partitions = 1)
{
    using View = ::ranges::views::all_t<R>;
    return detail::rddOf(detail::ViewBatch<View>{::ranges::views::all(static_cast<R&&>(range)), partitions});
}

/// A batch as a range-v3 view that is gone through once: its records, owned, in the order of partitions, pulled in
/// blocks as they are asked for, in the calling thread. Copies are the same view.
///
/// A batch behind `flatMap`, and such others as cannot be resumed within a partition, is computed partition by partition.
///
/// ```cpp
/// auto const batch = rdd({1, 2, 3, 4, 5}, 2) | map([](int x) { return 10 * x; });
/// auto const sums = toRange(batch) | ranges::views::chunk(2) |
///                   ranges::views::transform([](auto pair) { return ranges::accumulate(pair, 0); });
/// CHECK((sums | ranges::to<std::vector>()) == std::vector{30, 70, 50});
/// ```
template <class T, class Node>
[[nodiscard]] auto toRange(RDD<T, Node> batch)
{
    static_assert(detail::mayOutlive<T>(),
                  "sluice::toRange(batch): the records must not be views of a type that the library cannot own: "
                  "map them to one that owns what it shows, or specialise sluice::OwnedAs");
    return detail::BatchRange<Node>{std::move(batch).node()};
}

}  // namespace sluice::inline SLUICE_ABI
