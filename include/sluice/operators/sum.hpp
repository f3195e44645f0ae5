#pragma once

#include <sluice/operators/unordered.hpp>

#include <cstdint>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
struct TotalOf {
    using type = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
};
template <class T>
    requires std::is_floating_point_v<T>
struct TotalOf<T> {
    using type = std::common_type_t<T, double>;
};

/// In order.
template <class T>
struct SumSink {
    T total{};

    template <class R>
    constexpr bool operator()(R&& record)
    {
        total += static_cast<T>(record);
        return true;
    }
    constexpr void merge(SumSink const& other) { total += other.total; }
    [[nodiscard]] constexpr T value() const { return total; }
};

/// Of integers modulo 2^64.
template <class T>
    requires std::is_integral_v<T>
struct SumSink<T> {
    Combined<std::plus<>, T> total;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        total.add({}, static_cast<T>(record));
        return true;
    }
    constexpr void settle() { total.settle({}); }
    constexpr void merge(SumSink const& other) { total.add({}, other.value()); }
    [[nodiscard]] constexpr T value() const { return total.value({}); }
};

template <bool anyOrder = false>
struct Sum : SinkAction<Sum<anyOrder>>, Needs<need::Numbers> {
    using SinkAction<Sum>::SinkAction;
    static constexpr char const* spelled = "sum";
    template <class Up>
    using Sink = SumSink<typename TotalOf<ValueOf<Up>>::type>;

    template <class Up>
    constexpr auto valueOf(Up const& up) const
    {
        using Total = typename TotalOf<ValueOf<Up>>::type;
        constexpr Total zero{};
        if constexpr (anyOrder && std::is_floating_point_v<Total>) return *foldUnordered<Total>(up, &zero, std::plus<>{}, this->label);
        else return SinkAction<Sum>::valueOf(up);
    }
};

struct SumFn : Maker<Sum<>> {
    using Maker::operator();
    [[nodiscard]] constexpr auto operator()(Unordered, CallSite at = CallSite::here()) const { return Sum<true>{at}; }
};

}  // namespace detail

/// The sum of numbers: of integers with a sign as `std::int64_t`, of those without (and of `bool`) as `std::uint64_t`,
/// modulo 2^64; of floating point as `double`, or as `long double` where the records are: each partition in order,
/// then the partitions in theirs. `sum(unordered)` adds floating point in lanes, which is faster, in an order of its own: see
/// `unordered`.
///
/// Action. An empty batch gives 0. In a stream: a stream of one number a batch, in one partition; *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | sum()) == 6);
/// CHECK((rdd({0.5f, 0.25f}) | sum()) == 0.75);
/// ```
inline constexpr detail::SumFn sum{};

}  // namespace sluice::inline SLUICE_ABI
