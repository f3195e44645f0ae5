#pragma once

#include <sluice/batch/accept.hpp>
#include <sluice/batch/counted.hpp>
#include <sluice/batch/sink.hpp>

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <vector>

// An RDD expression (a "node") is an immutable, partitioned batch:
//
//   Record                       exactly what it pushes
//   stored                       its records lie in the batch: they may be handed on by address
//   stable                       so does what they point to
//   resumable()                  each() may be started in the middle
//   bySpans                      optional: its loops are those of pushSpan, and no step behind them hands on more than one
//                                record for each that it takes
//   partitions(), isEmpty(p)     how many, and which are known to be empty without looking
//   place()                      where it runs
//   views(from, to)              optional: whether its records lie within this memory, which is not its own
//   prepare()                    run the exchanges that it stands on; before any each()
//   each(p, from, sink)          push the records of partition p into sink from position `from` (0: the first);
//                                answers the position behind the last one pushed

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
class AnyBatch;

template <class T, class Node>
AnyBatch<T> anyBatch(Node node);

template <class Node>
constexpr auto rddOf(Node&& node);
template <class Op, class... Nodes>
auto exchanged(Op&& op, Nodes&&... nodes);

/// Whether a batch is known to view records that lie within [from, to).
template <class Node>
constexpr bool viewsMemory(Node const& node, void const* from, void const* to)
{
    if constexpr (requires { node.views(from, to); }) return node.views(from, to);
    else return false;
}

/// Records side by side, cut into partitions of equal size.
template <class T>
class Slices : public OfSpans<T> {
public:
    constexpr Slices(T const* records, std::size_t size, std::size_t partitions, Counted<Box<std::vector<T>>> owner)
        : records_(records), size_(size), partitions_(partitions), owner_(std::move(owner))
    {
        if (partitions == 0) throw InvalidArgument{"sluice::rdd(range, partitions): at least one partition, got 0"};
    }

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] constexpr std::size_t partitions() const { return partitions_; }
    [[nodiscard]] constexpr bool isEmpty(std::size_t p) const { return begin(p) == begin(p + 1); }
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] static constexpr InlinePlace place() { return {}; }
    constexpr void prepare() const {}

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto const first = begin(p) + from;
        return from + pushSpan(records_ + first, begin(p + 1) - first, sink).count;
    }

    /// Whether they lie within [from, to).
    [[nodiscard]] constexpr bool views(void const* from, void const* to) const
    {
        if (std::is_constant_evaluated()) return false;
        auto const address = [](void const* at) { return reinterpret_cast<std::uintptr_t>(at); };
        return address(records_) < address(to) && address(from) < address(records_ + size_);
    }

    /// For those who take whole spans: f(pointer, size).count is how many it wanted.
    template <class F>
    constexpr std::size_t eachSpan(std::size_t p, std::size_t from, F&& f) const
    {
        auto const first = begin(p) + from;
        auto const count = begin(p + 1) - first;
        return from + (count > 0 ? f(records_ + first, count).count : 0);
    }

private:
    /// Without dividing for a single partition: its loop may be as short as the division.
    [[nodiscard]] constexpr std::size_t begin(std::size_t p) const
    {
        return p == 0 ? 0 : p == partitions_ ? size_ : p * size_ / partitions_;
    }

    T const* records_;
    std::size_t size_;
    std::size_t partitions_;
    Counted<Box<std::vector<T>>> owner_;
};

}  // namespace detail

/// One batch of records: an immutable, partitioned, lazily computed collection.
///
/// T is the record, Node the expression that makes it. `auto`, or `RDD batch = …`, keeps the expression, and further
/// operators fuse with it; `RDD<T>` is any batch of T, for members and borders, at one indirect call per block.
/// An RDD holds what it stands on: it may be kept for as long as one likes, at the price of that memory.
///
/// ```cpp
/// RDD evens = rdd({1, 2, 3, 4}) | filter([](int x) { return x % 2 == 0; });
/// RDD<int> any = evens;
/// CHECK((any | collect()) == std::vector{2, 4});
/// ```
template <class T, class Node = detail::AnyBatch<T>>
class [[nodiscard]] RDD {
public:
    using Value = T;

    constexpr explicit RDD(Node&& node) : node_(static_cast<Node&&>(node)) {}
    constexpr explicit RDD(Node const& node) : node_(node) {}

    /// Any batch of T: of another record type there is none.
    template <class U, class N>
        requires(std::is_same_v<Node, detail::AnyBatch<T>> && !std::is_same_v<Node, N>)
    RDD(RDD<U, N> other) : node_(detail::anyBatch<T>(std::move(other).node()))  // NOLINT: implicit, it is one
    {
        static_assert(std::is_same_v<T, U>,
                      "sluice::RDD<T>: any batch of T holds records of exactly T; map the other's records to T first");
    }

    [[nodiscard]] constexpr Node const& node() const& { return node_; }
    [[nodiscard]] constexpr Node&& node() && { return static_cast<Node&&>(node_); }

    /// The number of partitions.
    [[nodiscard]] constexpr std::size_t numPartitions() const { return node_.partitions(); }

    // What `batch | op` asks for, and calls.
    using Batch = Node;
    template <class>
    using Asked = Batch;
    template <class Op>
    static constexpr bool fits =
        std::derived_from<Op, detail::NarrowBase> || std::derived_from<Op, detail::PartwiseBase> ||
        std::derived_from<Op, detail::WideBase> || std::derived_from<Op, detail::ActionBase> || std::derived_from<Op, detail::BatchOpBase>;

    // An action only reads the batch: the functions in it are not copied.
    template <class Op>
        requires std::derived_from<Op, detail::ActionBase>
    static constexpr auto apply(Node const& node, Op const& op)
    {
        return op.run(node);
    }

    // By reference: each move of an expression copies the labels of all its operators.
    template <class N, class Op>
        requires(!std::derived_from<std::remove_cvref_t<Op>, detail::ActionBase>)
    static constexpr auto apply(N&& node, Op&& op)
    {
        using O = std::remove_cvref_t<Op>;
        if constexpr (std::derived_from<O, detail::NarrowBase>) {
            return detail::rddOf(detail::Narrow<Node, O>{static_cast<N&&>(node), {static_cast<Op&&>(op)}});
        } else if constexpr (std::derived_from<O, detail::PartwiseBase>) {
            auto const shared = detail::makeCounted<detail::Box<O>>(static_cast<Op&&>(op));
            return detail::rddOf(O::on(Node(static_cast<N&&>(node)), shared));
        } else if constexpr (std::derived_from<O, detail::WideBase>) {
            return detail::exchanged(static_cast<Op&&>(op), static_cast<N&&>(node));
        } else {
            return detail::rddOf(static_cast<Op&&>(op).on(static_cast<N&&>(node)));
        }
    }

private:
    Node node_;
};

namespace detail {

template <class T>
inline constexpr bool isRDD = isA<RDD, T>;

/// The RDD over a node: T stands in the template parameter, so that errors show it once.
template <class Node>
constexpr auto rddOf(Node&& node)
{
    using N = std::remove_cvref_t<Node>;
    return RDD<ValueOf<N>, N>{static_cast<Node&&>(node)};
}

/// The batch of a wide operator behind one or several others.
template <class Op, class... Nodes>
auto exchanged(Op&& op, Nodes&&... nodes)
{
    using O = std::remove_cvref_t<Op>;
    auto exchange = makeCounted<typename O::template Exchange<std::remove_cvref_t<Nodes>...>>();
    exchange->plan(makeCounted<Box<O>>(std::forward<Op>(op)), std::forward<Nodes>(nodes)...);
    return rddOf(typename O::template Batch<std::remove_cvref_t<Nodes>...>{std::move(exchange)});
}

template <class R>
concept ContiguousRange = requires(R& r) {
    std::data(r);
    std::size(r);
    requires std::is_pointer_v<decltype(std::data(r))>;
};

/// What a view of another type cannot be: it may be one, and who makes the batch from a temporary knows.
template <class T>
inline constexpr bool isGiven = std::is_pointer_v<T> || canKeep<T>() || mayBeView<typename Culprit<T>::type>;

struct RddFn {
    /// Views what lies in an lvalue, owns what it is given.
    template <ContiguousRange R>
        requires(!isRDD<std::remove_cvref_t<R>>)
    [[nodiscard]] constexpr auto operator()(R&& range, std::size_t partitions = 1) const
    {
        using T = std::remove_cvref_t<decltype(*std::data(range))>;
        using Owner = Counted<Box<std::vector<T>>>;
        if constexpr (std::is_lvalue_reference_v<R> || isView<std::remove_cvref_t<R>>) {
            return rddOf(Slices<T>{std::data(range), std::size(range), partitions, Owner{}});
        } else {
            std::vector<T> records;
            if constexpr (std::is_same_v<std::vector<T>, R>) records = static_cast<R&&>(range);
            else records.assign(std::move_iterator{range.begin()}, std::move_iterator{range.end()});
            return owning(std::move(records), partitions);
        }
    }

    template <class T>
    [[nodiscard]] constexpr auto operator()(std::initializer_list<T> records, std::size_t partitions = 1) const
    {
        return owning(std::vector<T>(records), partitions);
    }

private:
    template <class T>
    static constexpr auto owning(std::vector<T> records, std::size_t partitions)
    {
        static_assert(canOwn<T> || isGiven<T>,
                      "sluice::rdd(range): its records are views that the library cannot own: map them to a type that owns");
        static_assert(!std::is_same_v<T, bool>, "sluice::rdd(range): a std::vector<bool> holds no bool; use char");
        if constexpr (std::is_same_v<T, bool>) {
            return Refused{};
        } else {
            auto box = makeCounted<Box<std::vector<T>>>(std::move(records));
            auto const& kept = box->value;
            return rddOf(Slices<T>{kept.data(), kept.size(), partitions, std::move(box)});
        }
    }
};

}  // namespace detail

/// Any batch of T, for function parameters that keep the expression.
///
/// ```cpp
/// auto size = [](RDDOf<int> auto batch) { return batch | count(); };
/// CHECK(size(rdd({1, 2})) == 2);
/// ```
template <class R, class T>
concept RDDOf = detail::isRDD<R> && std::same_as<typename R::Value, T>;

/// A batch over records that are there already: `rdd(range, partitions = 1)`.
///
/// An lvalue is viewed (it must outlive the batch), a temporary or a list in braces is owned. Partition p of n holds
/// the records from p * size / n on. It runs inline, in the caller's thread, and also while compiling.
/// No partitions: `InvalidArgument`.
///
/// ```cpp
/// std::vector<int> const numbers{1, 2, 3};
/// CHECK((rdd(numbers) | count()) == 3);
/// CHECK((rdd({1, 2, 3}, 2).numPartitions()) == 2);
/// ```
inline constexpr detail::RddFn rdd{};

}  // namespace sluice::inline SLUICE_ABI
