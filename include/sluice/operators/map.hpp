#pragma once

#include <sluice/operators/detail/record_function.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F>
struct Map : RecordFunction<Map<F>, F, WholeRecord>, Needs<need::Calls<F>, need::ReturnsValue<F>> {
    using Map::RecordFunction::RecordFunction;
    static constexpr char const* spelled = "map";
    static constexpr bool oneForOne = true;

    template <class R, class Result>
    using Pushed = Result;
    template <class Up, class Result>
    static constexpr bool lasts = looksIntoBatch<Up>;

    template <class Called, class R, class Next>
    static constexpr bool give(Called const& called, R&&, Next& next)
    {
        return next(called());
    }
};
template <class F>
Map(F, CallSite) -> Map<F>;

}  // namespace detail

/// Turn every record into one other record.
///
/// Narrow. f takes a record, or the members of a pair or tuple, as const, and returns a value; it may be a pointer to
/// a member. Partitions and the order of records are kept. An empty batch stays empty, *no RDD* stays none. What f
/// throws fails the batch, as a `StreamError` that names this operator; with `map(f, letters)` its record goes to the
/// `deadLetters`, and the others on.
///
/// ```cpp
/// auto doubled = rdd({1, 2, 3}) | map([](int x) { return 2 * x; });
/// CHECK((doubled | collect()) == std::vector{2, 4, 6});
/// ```
inline constexpr detail::RecordFunctionMaker<detail::Map> map{};

}  // namespace sluice::inline SLUICE_ABI
