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
struct Foreach : ActionBase {
    [[no_unique_address]] F f;
    Label label;

    constexpr Foreach(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"foreach", at} {}

    template <class Up>
    static constexpr bool accepts = CallableWith<F const, RecordOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        using R = RecordOf<Up>;
        static_assert(!onlyMutable<F, R>,
                      "sluice::foreach(f): f is called as const, by several threads at once: no mutable lambda");
        if constexpr (takesOwnedAlone<F, R>()) {
            static_assert(takes<F, R>, "sluice::foreach(f): f must take text as std::string_view, not as std::string");
        } else {
            static_assert(takes<F, R>, "sluice::foreach(f): f must take one record, by value or as const&");
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::foreach(f): must stand behind a batch; in a stream write foreachRDD(g), "
                      "and in g: batch | foreach(f)");
    }

    template <class Up>
    constexpr void run(Up const& up) const
    {
        forPartitions(up, [&](std::size_t p) {
            ForeachSink<Foreach> sink{this};
            up.each(p, 0, sink);
        });
    }
};

struct ForeachFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return Foreach<F>{static_cast<F&&>(f), at};
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
inline constexpr detail::ForeachFn foreach{};

}  // namespace sluice::inline SLUICE_ABI
