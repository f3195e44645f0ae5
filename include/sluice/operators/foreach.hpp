#pragma once

#include <sluice/batch/rdd.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Op>
struct ForeachSink {
    Op const* op;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        callIn(op->label, op->f, static_cast<R&&>(record));
        return true;
    }
};

template <class F>
struct Foreach : ActionBase, Needs<need::Calls<F>> {
    [[no_unique_address]] F f;
    Label label;

    constexpr Foreach(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"foreach", at} {}

    template <class Up>
    constexpr void run(Up const& up) const
    {
        forPartitions(up, [&](std::size_t p) {
            ForeachSink<Foreach> sink{this};
            up.each(p, 0, sink);
        });
    }
};

}  // namespace detail

/// Do something with every record: within a partition in order, partitions at the same time where there are workers.
///
/// Action, on batches only: in a stream use `foreachRDD`. f takes a record, or the members of a pair or tuple, as
/// const; what it returns is ignored. What f throws fails the batch, as a `StreamError` that names this operator.
///
/// ```cpp
/// int sum = 0;
/// rdd({1, 2, 3}) | foreach([&sum](int x) { sum += x; });
/// CHECK(sum == 6);
/// ```
inline constexpr detail::FunctionMaker<detail::Foreach> foreach{};

}  // namespace sluice::inline SLUICE_ABI
