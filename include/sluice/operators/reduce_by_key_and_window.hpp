#pragma once

#include <sluice/operators/detail/over_time.hpp>
#include <sluice/operators/reduce_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

/// What a window with an inverse does with a key that no batch of the window has any more.
enum class WindowMode {
    exact,       ///< it leaves
    compatible,  ///< it stays, with what the inverse has left of its value, as in Spark Streaming: until the filter refuses it
};

namespace detail {

template <class Filter, class Entry>
inline constexpr bool filtersEntry = std::is_same_v<Filter, KeepAll> || CallableWith<Filter, Entry const&>;

/// Behind need::CombinesKept.
template <class Filter>
struct FiltersEntry {
    template <class Up>
    static constexpr bool holds = filtersEntry<Filter, std::pair<Owned<FirstOf<Up>>, Owned<SecondOf<Up>>>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::reduceByKeyAndWindow(f, inverse, ..., filter): the filter must take a key and its value and "
                      "answer true or false");
    }
};

template <class F, class Inv, class Filter, class By>
struct ReduceByKeyAndWindow
    : KeyedWindowOp<ReduceByKey<F, By>, WindowOp<F, Inv, Filter>>,
      Needs<need::Pairs, need::HashedKey, need::Placed<By>, need::Ownable, need::Combines<F, SecondOf>,
            need::CombinesKept<F, SecondOf, true>, need::TakesBack<Inv, NoInverse, SecondOf>, FiltersEntry<Filter>, need::Keepable> {
    ReduceByKeyAndWindow(F f, Inv inverse, Filter filter, By by, WindowGrid grid, WindowMode mode, CallSite at)
        : KeyedWindowOp<ReduceByKey<F, By>, WindowOp<F, Inv, Filter>>{
              {f, std::move(by), at},
              {f, std::move(inverse), std::move(filter), grid, mode == WindowMode::compatible, {"reduceByKeyAndWindow", at}}}
    {
    }
};

template <class F>
inline constexpr bool isDuration = std::is_convertible_v<F, Length>;

struct ReduceByKeyAndWindowFn : OperatorFnBase {
    template <class F, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(F f, Length window, std::optional<Length> slide = {}, P partitions = {},
                                  CallSite at = CallSite::here()) const
    {
        return ReduceByKeyAndWindow<F, NoInverse, KeepAll, ByOf<P>>{
            std::move(f), {}, {}, byOf(std::move(partitions), {"reduceByKeyAndWindow", at}), {window, slide}, WindowMode::exact, at};
    }
    template <class F, class Inv, Partitions P = MaybePartitions, class Filter = KeepAll>
        requires(!isDuration<Inv>)
    [[nodiscard]] auto operator()(F f, Inv inverse, Length window, std::optional<Length> slide = {}, P partitions = {}, Filter filter = {},
                                  WindowMode mode = WindowMode::exact, CallSite at = CallSite::here()) const
    {
        return ReduceByKeyAndWindow<F, Inv, Filter, ByOf<P>>{std::move(f),
                                                             std::move(inverse),
                                                             std::move(filter),
                                                             byOf(std::move(partitions), {"reduceByKeyAndWindow", at}),
                                                             {window, slide},
                                                             mode,
                                                             at};
    }
    // Without a number of partitions, or without a filter.
    template <class F, class Inv, class Filter>
        requires(!isDuration<Inv> && !Partitions<Filter> && !std::is_same_v<Filter, WindowMode> && !std::is_same_v<Filter, CallSite>)
    [[nodiscard]] auto operator()(F f, Inv inverse, Length window, std::optional<Length> slide, Filter filter,
                                  WindowMode mode = WindowMode::exact, CallSite at = CallSite::here()) const
    {
        return (*this)(std::move(f), std::move(inverse), window, slide, MaybePartitions{}, std::move(filter), mode, at);
    }
    template <class F, class Inv, Partitions P>
        requires(!isDuration<Inv>)
    [[nodiscard]] auto operator()(F f, Inv inverse, Length window, std::optional<Length> slide, P partitions, WindowMode mode,
                                  CallSite at = CallSite::here()) const
    {
        return (*this)(std::move(f), std::move(inverse), window, slide, std::move(partitions), KeepAll{}, mode, at);
    }
    template <class F, class Inv>
        requires(!isDuration<Inv>)
    [[nodiscard]] auto operator()(F f, Inv inverse, Length window, std::optional<Length> slide, WindowMode mode,
                                  CallSite at = CallSite::here()) const
    {
        return (*this)(std::move(f), std::move(inverse), window, slide, MaybePartitions{}, KeepAll{}, mode, at);
    }
};

}  // namespace detail

/// The values of each key over a sliding window, combined by f: `reduceByKeyAndWindow(f, 30s)`, every 10 s
/// `reduceByKeyAndWindow(f, 30s, 10s)`, with a number of partitions or a partitioner `reduceByKeyAndWindow(f, 30s, 10s, 4)`.
/// With an inverse, where there is one, `reduceByKeyAndWindow(f, inverse, 30s, 10s, 4, filter, mode)`, of which partitions, filter
/// and mode may each be left out: then the batches that leave the window are taken out of the totals. Both give the same where
/// `inverse(f(a, b), b) == a`.
///
/// Over time, for pairs (K, V). A window of W at time t covers the batches in (t − W, t]; before that many batches there is
/// what there is. W and the slide must be multiples of the stream's slide: `InvalidArgument` at the call. f takes two values
/// as const, returns one, must be associative and need not be commutative: values meet in the order of batches. What f is
/// called for is at most six times for each key and batch, also in the worst case (DABA Lite, see state/keyed_window.hpp);
/// floating point sums are bracketed differently from slide to slide.
///
/// Result: pairs (K, V), owned, of the keys that a batch of the window has, partitioned by key; each key's place within its
/// partition stays the same while it is there. `filter` takes key and value and says which are given out;
/// `WindowMode::compatible` keeps keys of which no batch is left, as the inverse leaves them. An empty batch, *no RDD* and a batch
/// that failed bring nothing, and time goes on. What f throws fails the batch; the window is as before then.
///
/// With `| named("…") | checkpoint()` behind it the window outlasts the process, and goes on to the bit: what is written in a batch is a
/// value for each of its keys, with an inverse also what the keys that came or left have become.
///
/// ```cpp
/// auto out = testing::runBatches<std::pair<std::string, int>>(
///     {{{"a", 1}, {"b", 1}}, {{"a", 2}}, {}}, [](auto in) { return in | reduceByKeyAndWindow(std::plus{}, 2s); });
/// CHECK(out == testing::Batches<std::pair<std::string, int>>{{{"b", 1}, {"a", 1}}, {{"b", 1}, {"a", 3}}, {{"a", 2}}});
/// ```
inline constexpr detail::ReduceByKeyAndWindowFn reduceByKeyAndWindow{};

}  // namespace sluice::inline SLUICE_ABI
