#pragma once

#include <sluice/exchange/combine.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What is combined may look at the values, where they lie in the batch, but not at what a function made on the way.
template <template <class> class Combined, class Add, class Merge>
struct OwnsWhatItShows {
    template <class Up>
    static constexpr bool holds =
        mayLookAt<Up, SecondOf<Up>, Combined<Up>> && !combinesToTemporary<Add const, Combined<Up>, SecondIn<Up>>() &&
        !combinesToTemporary<Merge const, Combined<Up>, Combined<Up>>();

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice: what is combined must own what the functions make, and what it shows of values that are made on "
                      "the way: begin with a std::string, not with a view, or map the values to a type that owns");
    }
};

/// Values of each key into one of another type. `Begin` makes it of the first value, and has
///
///   spelled
///   Asks<By, Rest...>            its needs, and the rest of them
///   Combined<V>, CombinedIn<Up>  what it makes of a V, and of the values of Up
///   begin(label, add, value)
template <class Begin, class Add, class Merge, class By>
struct CombinesByKey
    : CombineBase<CombinesByKey<Begin, Add, Merge, By>>,
      PairShape,
      Begin::template Asks<By, need::Combines<Add, Begin::template CombinedIn, SecondIn>, need::Combines<Merge, Begin::template CombinedIn>,
                           need::Keepable, OwnsWhatItShows<Begin::template CombinedIn, Add, Merge>> {
    [[no_unique_address]] Begin first;
    [[no_unique_address]] Add f;
    [[no_unique_address]] Merge g;
    By by;
    Label label;

    template <class P>
    CombinesByKey(Begin b, Add a, Merge m, P partitions, CallSite at)
        : first(std::move(b)),
          f(std::move(a)),
          g(std::move(m)),
          by(byOf(std::move(partitions), {Begin::spelled, at})),
          label{Begin::spelled, at}
    {
    }

    template <class V>
    using Combined = typename Begin::template Combined<V>;

    template <class V>
    auto create(V&& value) const
    {
        return first.begin(label, f, static_cast<V&&>(value));
    }
    template <class C, class V>
    void add(C& combined, V&& value) const
    {
        combined = combineIn(label, f, std::move(combined), static_cast<V&&>(value));
    }
    template <class C>
    void merge(C& combined, C&& other) const
    {
        combined = combineIn(label, g, std::move(combined), std::move(other));
    }
};
template <class Begin, class Add, class Merge, class P>
CombinesByKey(Begin, Add, Merge, P, CallSite) -> CombinesByKey<Begin, Add, Merge, ByOf<P>>;

/// `combineByKey(create, add, merge, partitions)`: it begins with a Begin<T> of the first argument.
template <template <class> class Begin>
struct CombinesByKeyMaker : OperatorFnBase {
    template <class T, class Add, class Merge, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(T begin, Add add, Merge merge, P partitions = {}, CallSite at = CallSite::here()) const
    {
        return CombinesByKey{Begin<T>{std::move(begin)}, std::move(add), std::move(merge), std::move(partitions), at};
    }
};

template <class F>
struct CombineByKey {
    static constexpr char const* spelled = "combineByKey";
    [[no_unique_address]] F f;

    template <class V>
    using Combined = std::remove_cvref_t<CallResult<F, V>>;
    template <class Up>
    using CombinedIn = Combined<SecondIn<Up>>;
    template <class By, class... Rest>
    using Asks = Needs<need::Pairs, need::HashedKey, need::Placed<By>, need::Calls<F, SecondIn>, need::ReturnsValue<F, SecondIn>, Rest...>;

    template <class Add, class V>
    auto begin(Label const& label, Add const&, V&& value) const
    {
        return callIn(label, f, static_cast<V&&>(value));
    }
};

}  // namespace detail

/// Combine the values V of each key to a C of another type: `combineByKey(create, add, merge, partitions)`.
///
/// Wide, for pairs (K, V): create(v) makes a C of a key's first value in a partition, add(c, v) takes one more into it,
/// merge(c, c) joins those of two partitions, in their order. All are called as const. Result: pairs (K, C), each key
/// once, in the order of first occurrence; partitions as in `reduceByKey`. Behind `partitionBy(n)` no value is combined
/// before it is where its key belongs, and merge is not called. An empty batch gives an empty one, *no RDD* stays none.
/// What a function throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const sumAndCount = combineByKey([](int x) { return std::pair{x, 1}; },
///                                       [](auto c, int x) { return std::pair{c.first + x, c.second + 1}; },
///                                       [](auto c, auto d) { return std::pair{c.first + d.first, c.second + d.second}; });
/// auto const out = rdd({std::pair{'a', 1}, std::pair{'a', 4}, std::pair{'b', 2}}) | sumAndCount | collect();
/// CHECK(out == std::vector{std::pair{'a', std::pair{5, 2}}, std::pair{'b', std::pair{2, 1}}});
/// ```
inline constexpr detail::CombinesByKeyMaker<detail::CombineByKey> combineByKey{};

}  // namespace sluice::inline SLUICE_ABI
