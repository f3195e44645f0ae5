#pragma once

#include <sluice/operators/detail/record_function.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F>
struct MapValues : RecordFunction<MapValues<F>, F, PairValue>,
                   Needs<need::Pairs, need::Calls<F, SecondIn>, need::ReturnsValue<F, SecondIn>> {
    using MapValues::RecordFunction::RecordFunction;
    static constexpr char const* spelled = "mapValues";
    static constexpr bool keepsKeys = true;

    template <class R, class Result>
    using Pushed = std::pair<typename std::remove_cvref_t<R>::first_type, std::remove_cvref_t<Result>>;
    template <class Up, class Result>
    static constexpr bool lasts = looksIntoBatch<Up, SecondIn<Up>>;

    template <class Called, class R, class Next>
    static constexpr bool give(Called const& called, R&& record, Next& next)
    {
        return next(Pushed<R, decltype(called())>(std::get<0>(static_cast<R&&>(record)), called()));
    }
};

}  // namespace detail

/// Turn the value of every pair into another, and keep its key.
///
/// Narrow, for pairs (K, V). f takes a value as const and returns one. Partitions, the order of records and the
/// stream's partitioning by key are kept. An empty batch stays empty, *no RDD* stays none. What f throws fails the
/// batch, as a `StreamError` that names this operator; with `mapValues(f, letters)` its pair goes to the `deadLetters`,
/// and the others on.
///
/// ```cpp
/// auto percent = rdd({std::pair{1, 0.5}}) | mapValues([](double share) { return 100 * share; });
/// CHECK((percent | collect()) == std::vector{std::pair{1, 50.0}});
/// ```
inline constexpr detail::RecordFunctionMaker<detail::MapValues> mapValues{};

}  // namespace sluice::inline SLUICE_ABI
