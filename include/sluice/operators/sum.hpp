#pragma once

#include <sluice/batch/rdd.hpp>

#include <cstdint>
#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
struct SumOf {
    using type = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
};
template <class T>
    requires std::is_floating_point_v<T>
struct SumOf<T> {
    using type = std::common_type_t<T, double>;
};

/// Integers are added without a sign, so that what does not fit wraps.
template <class T>
struct SumSink {
    using Total = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;
    Total total{};

    template <class R>
    constexpr bool operator()(R&& record)
    {
        total += static_cast<Total>(static_cast<T>(record));
        return true;
    }
};

struct Sum : ActionBase {
    Label label;

    template <class Up>
    using Result = typename SumOf<ValueOf<Up>>::type;

    template <class Up>
    static constexpr bool accepts = std::is_arithmetic_v<ValueOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        static_assert(std::is_arithmetic_v<ValueOf<Up>>,
                      "sluice::sum(): the records must be numbers: map them to numbers first, or use fold(zero, f)");
    }

    static constexpr bool onNoRdd = true;

    template <class Up>
    constexpr Result<Up> run(Up const& up) const
    {
        using Sink = SumSink<Result<Up>>;
        PerPartition<typename Sink::Total> totals{up.partitions()};
        forPartitions(up, [&](std::size_t p) {
            Sink sink;
            up.each(p, 0, sink);
            totals[p] = sink.total;
        });
        typename Sink::Total all{};
        for (std::size_t p = 0; p < totals.size(); ++p) all += totals[p];
        return static_cast<Result<Up>>(all);
    }

    template <class Up>
    constexpr std::optional<Result<Up>> runInStream(Up const& up) const
    {
        return run(up);
    }
};

struct SumFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return Sum{{}, {"sum", at}}; }
};

}  // namespace detail

/// The sum of numbers: of integers with a sign as `std::int64_t`, of those without (and of `bool`) as `std::uint64_t`,
/// modulo 2^64; of floating point as `double`, or as `long double` where the records are: each partition in order,
/// then the partitions in theirs.
///
/// Action. An empty batch gives 0. In a stream: a stream of one number a batch, in one partition; *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | sum()) == 6);
/// CHECK((rdd({0.5f, 0.25f}) | sum()) == 0.75);
/// ```
inline constexpr detail::SumFn sum{};

}  // namespace sluice::inline SLUICE_ABI
