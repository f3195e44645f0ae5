#pragma once

#include <sluice/exchange/combine.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F>
struct AnswersWithOneOfBoth {
    template <class Up>
    static constexpr bool holds = !combinesToTemporary<F const, SecondOf<Up>, SecondOf<Up>>();

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::reduceByKey(f): f must answer with a view into what it is given; where it makes new text, map "
                      "the values to std::string first");
    }
};

template <class F, class By>
struct ReduceByKey
    : CombineBase<ReduceByKey<F, By>>,
      PairShape,
      Needs<need::Pairs, need::HashedKey, need::Placed<By>, need::Combines<F, SecondOf>, AnswersWithOneOfBoth<F>, need::Keepable> {
    static constexpr char const* spelled = "reduceByKey";
    [[no_unique_address]] F f;
    By by;
    Label label;

    constexpr ReduceByKey(F fn, By how, CallSite at) : f(std::move(fn)), by(std::move(how)), label{spelled, at} {}

    template <class V>
    using Combined = std::remove_cvref_t<V>;

    template <class V>
    static V&& create(V&& value)
    {
        return static_cast<V&&>(value);
    }
    template <class T, class V>
    void add(T& combined, V&& value) const
    {
        combined = combineIn(label, f, std::move(combined), static_cast<V&&>(value));
    }
    template <class T>
    void merge(T& combined, T&& other) const
    {
        add(combined, std::move(other));
    }
};

}  // namespace detail

/// Combine the values of each key by f: `reduceByKey(f)`, `reduceByKey(f, 4)`, `reduceByKey(f, partitioner)`; without a
/// number as the batch is partitioned already, else the context's default parallelism.
///
/// Wide, for pairs (K, V): each partition is combined before the exchange. f takes two values as const, returns one,
/// and must be associative. Result: pairs (K, V), each key once, partitioned by key; within a partition keys stand in
/// the order of their first occurrence. A key is anything of concept `Key`; text is not copied where it lies in the
/// batch. An empty batch gives an empty one, *no RDD* stays none. What f throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto sums = rdd({std::pair{"a"s, 1}, std::pair{"b"s, 2}, std::pair{"a"s, 3}}) | reduceByKey(std::plus{});
/// CHECK((sums | collect()) == std::vector{std::pair{"a"s, 4}, std::pair{"b"s, 2}});
/// ```
inline constexpr detail::FunctionByKeyMaker<detail::ReduceByKey> reduceByKey{};

}  // namespace sluice::inline SLUICE_ABI
