#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/key.hpp>
#include <sluice/batch/operator.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The partition of a key: the hash's upper half, spread over n; its lower half finds the key's slot in a table.
constexpr std::size_t partitionOf(std::uint64_t hash, std::size_t n) noexcept { return static_cast<std::size_t>((hash >> 32) * n >> 32); }

}  // namespace detail

/// Which partition a key belongs to, by `hashOf`: what every operator by key does that is given a number.
///
/// ```cpp
/// HashPartitioner const by{4};
/// CHECK(by.numPartitions() == 4);
/// CHECK(by.partition(std::string{"word"}) == by.partition(std::string_view{"word"}));
/// ```
class HashPartitioner {
public:
    /// No partitions: `InvalidArgument`.
    constexpr explicit HashPartitioner(std::size_t partitions) : partitions_(partitions)
    {
        if (partitions == 0) throw InvalidArgument{"sluice::HashPartitioner(partitions): at least one partition, got 0"};
    }

    [[nodiscard]] constexpr std::size_t numPartitions() const noexcept { return partitions_; }

    template <Key K>
    [[nodiscard]] std::size_t partition(K const& key) const noexcept
    {
        return detail::partitionOf(hashOf(key), partitions_);
    }

    friend constexpr bool operator==(HashPartitioner const&, HashPartitioner const&) = default;

private:
    std::size_t partitions_;
};

/// A partitioner of your own: how many partitions there are, and which one a key belongs to, the same for keys that are
/// equal. Two that compare equal must answer alike: what is partitioned by both is not exchanged again.
///
/// ```cpp
/// struct ByParity {
///     std::size_t numPartitions() const { return 2; }
///     std::size_t partition(int key) const { return key % 2 == 0 ? 0 : 1; }
///     bool operator==(ByParity const&) const = default;
/// };
/// static_assert(Partitioner<ByParity, int>);
/// auto const sums = rdd({std::pair{1, 1}, std::pair{2, 2}, std::pair{3, 3}}) | reduceByKey(std::plus{}, ByParity{});
/// CHECK((sums | collect()) == std::vector{std::pair{2, 2}, std::pair{1, 1}, std::pair{3, 3}});
/// ```
template <class P, class K>
concept Partitioner = std::equality_comparable<P> && requires(P const& p, K const& key) {
    { p.numPartitions() } -> std::convertible_to<std::size_t>;
    { p.partition(key) } -> std::convertible_to<std::size_t>;
};

namespace detail {

/// What might be a partitioner of some key: a batch, which has partitions, too, is none.
template <class P>
concept PartitionerLike = !requires { typename P::Batch; } && requires(P const& p) {
    { p.numPartitions() } -> std::convertible_to<std::size_t>;
};

struct AnyPartitioner : Disposable {
    [[nodiscard]] virtual bool same(AnyPartitioner const& other) const = 0;
};

/// How a batch is partitioned by its key: not at all, by hash, or by a partitioner of the user's.
struct Partitioning {
    std::size_t partitions = 0;  // 0: not by key
    Counted<AnyPartitioner> own{};

    [[nodiscard]] explicit operator bool() const { return partitions != 0; }
    friend bool operator==(Partitioning const& a, Partitioning const& b)
    {
        if (a.partitions != b.partitions || static_cast<bool>(a.own) != static_cast<bool>(b.own)) return false;
        return a.own == b.own || a.own->same(*b.own);
    }
};

template <class Node>
Partitioning partitioningOf(Node const& node)
{
    if constexpr (requires { node.partitioning(); }) return node.partitioning();
    else return {};
}

/// What an operator by key was given: a number of partitions, 0 where none was, …
struct ByHash {
    std::size_t partitions;

    [[nodiscard]] Partitioning partitioning() const { return {partitions}; }

    template <class K>
    [[nodiscard]] static std::size_t target(Label const&, std::uint64_t hash, K const&, std::size_t n)
    {
        return partitionOf(hash, n);
    }
};

/// … or a partitioner, which its results remember.
template <class P>
struct ByPartitioner {
    struct Own final : AnyPartitioner {
        P partitioner;
        explicit Own(P p) : partitioner(static_cast<P&&>(p)) {}
        [[nodiscard]] bool same(AnyPartitioner const& other) const override
        {
            auto const* const known = dynamic_cast<Own const*>(&other);
            return known != nullptr && known->partitioner == partitioner;
        }
    };

    std::size_t partitions;
    Counted<Own> own;

    explicit ByPartitioner(P p) : partitions(static_cast<std::size_t>(p.numPartitions())), own(makeCounted<Own>(static_cast<P&&>(p))) {}

    [[nodiscard]] Partitioning partitioning() const { return {partitions, own}; }

    template <class K>
    [[nodiscard]] std::size_t target(Label const& label, std::uint64_t, K const& key, std::size_t n) const
    {
        auto const answer = [this](K const& k) { return static_cast<std::size_t>(own->partitioner.partition(k)); };
        std::size_t const p = callIn(label, answer, key);
        if (p >= n) refuse(label, p, n);
        return p;
    }

private:
    [[noreturn]] SLUICE_COLD static void refuse(Label const& label, std::size_t p, std::size_t n)
    {
        throw StreamError{label, concat({"the partitioner answered partition ", std::to_string(p), " of ", std::to_string(n)})};
    }
};

/// A number of partitions is positive; one below 0 may have become unsigned on its way here.
SLUICE_COLD inline void requireCount(Label const& label, std::size_t partitions)
{
    if (partitions == 0) throw InvalidArgument{concat({where(label), ": the number of partitions must be positive, got 0"})};
    if (partitions > ~std::size_t{0} / 2) throw InvalidArgument{concat({where(label), ": the number of partitions must not be negative"})};
}

/// A number, or none: the default.
using MaybePartitions = std::optional<std::size_t>;

/// By what the argument of an operator says: `op(…)`, `op(…, 4)`, `op(…, HashPartitioner{4})`, `op(…, ByParity{})`.
template <class N>
    requires std::is_integral_v<N>
constexpr ByHash byOf(N partitions, Label const& label)
{
    auto const n = static_cast<std::size_t>(partitions);
    if (n == 0 || n > ~std::size_t{0} / 2) requireCount(label, n);
    return {n};
}
constexpr ByHash byOf(MaybePartitions partitions, Label const& label) { return partitions ? byOf(*partitions, label) : ByHash{0}; }
constexpr ByHash byOf(HashPartitioner const& partitioner, Label const&) { return {partitioner.numPartitions()}; }
template <PartitionerLike P>
    requires(!std::is_same_v<P, HashPartitioner>)
auto byOf(P partitioner, Label const& label)
{
    ByPartitioner<P> by{static_cast<P&&>(partitioner)};
    if (by.partitions == 0) requireCount(label, 0);
    return by;
}
template <class P>
using ByOf = decltype(byOf(std::declval<P>(), std::declval<Label const&>()));

/// Whether By, of byOf, can say in which partition a key of type K is.
template <class By, class K>
inline constexpr bool canPartition = true;
template <class P, class K>
inline constexpr bool canPartition<ByPartitioner<P>, K> = Partitioner<P, K>;

/// What stands for a number of partitions: a number, or none, or a partitioner.
template <class P>
concept Partitions = std::is_integral_v<P> || std::is_same_v<P, MaybePartitions> || PartitionerLike<P>;

/// What is told to an operator by key, where nothing more is; Op::spelled is its name.
template <class Op, class By>
struct ByKeyOp {
    By by;
    Label label;

    ByKeyOp(By how, CallSite at) : by(std::move(how)), label{Op::spelled, at} {}
};

/// `groupByKey()`, `groupByKey(4)`, `groupByKey(partitioner)`. Op<Kind..., By> is made of what byOf gives, and has `spelled`, its name.
template <template <class...> class Op, class... Kind>
struct ByKeyMaker : OperatorFnBase {
    template <Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(P partitions = {}, CallSite at = CallSite::here()) const
    {
        using Made = Op<Kind..., ByOf<P>>;
        return Made{byOf(std::move(partitions), {Made::spelled, at}), at};
    }
};

/// `groupBy(f)`, `groupBy(f, 4)`, `groupBy(f, partitioner)`: as ByKeyMaker, of one function, too.
template <template <class, class> class Op>
struct FunctionByKeyMaker : OperatorFnBase {
    template <class F, Partitions P = MaybePartitions>
    [[nodiscard]] constexpr auto operator()(F f, P partitions = {}, CallSite at = CallSite::here()) const
    {
        using Made = Op<F, ByOf<P>>;
        return Made{std::move(f), byOf(std::move(partitions), {Made::spelled, at}), at};
    }
};

#ifdef SLUICE_COMPILED
extern template class Counted<AnyPartitioner>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
