#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/detail/action.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct Unordered {};

/// Whether a T fills a lane: it can be copied as bytes, and shows nothing that lies elsewhere.
template <class T>
inline constexpr bool fillsLane =
    std::is_trivially_copyable_v<T> && std::is_copy_assignable_v<T> && std::is_default_constructible_v<T> && holdOf<T>() == Hold::owns;

/// Of reductions that are told `unordered`: the records, and an A that is made of them, fill lanes.
template <bool anyOrder, class... A>
struct FillLanes {
    template <class Up>
    static constexpr bool holds = !anyOrder || (fillsLane<ValueOf<Up>> && ... && fillsLane<A>);

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (!fillsLane<ValueOf<Up>>) {
            static_assert(
                holds<Up>,
                "sluice: records are combined unordered where they can be copied as bytes, and own what they show, as numbers do: "
                "combine these in order");
        } else {
            static_assert(holds<Up>,
                          "sluice: zero is combined unordered where it can be copied as bytes, and owns what it shows, as a number does: "
                          "combine in order");
        }
    }
};

/// Combines each record with what its lane holds: they come to the lanes in turn.
template <class F, class A>
struct LaneSink {
    static constexpr std::size_t lanes = 16;  // of doubles four vectors of AVX2: as many sums as it takes to hide what one adds
    F const* f;
    Label const* label;
    A lane[lanes];
    std::size_t begun;  // so many have a value
    std::size_t at = 0;

    /// `zero`, if it is one, is what each lane begins with.
    constexpr LaneSink(F const* fn, Label const* of, A const* zero)
        : LaneSink(fn, of, zero != nullptr ? *zero : A{}, zero != nullptr ? lanes : 0, std::make_index_sequence<lanes>{})
    {
    }

    template <class R>
    constexpr bool operator()(R&& record)
    {
        if (at < begun) {
            lane[at] = combineIn(*label, *f, static_cast<A&&>(lane[at]), static_cast<R&&>(record));
        } else if constexpr (std::is_convertible_v<R, A>) {
            lane[at] = static_cast<A>(record);
            begun = at + 1;
        }
        at = at + 1 < lanes ? at + 1 : 0;
        return true;
    }

    /// Whether the next record is the first one of a row, and all lanes have a value.
    [[nodiscard]] constexpr bool atRow() const { return at == 0 && begun == lanes; }
    /// The next record is that one of a row; said to the compiler, which knows it no more within a loop.
    constexpr void goTo(std::size_t i)
    {
        at = i;
        begun = lanes;
    }

    constexpr std::optional<A> value() &&
    {
        if (begun == 0) return {};
        joinFrom<lanes / 2>(begun == lanes);
        return lane[0];
    }

private:
    template <std::size_t... I>
    constexpr LaneSink(F const* fn, Label const* of, A const& begin, std::size_t n, std::index_sequence<I...>)
        : f(fn), label(of), lane{(static_cast<void>(I), begin)...}, begun(n)
    {
    }

    template <std::size_t width>
    constexpr void joinFrom(bool all)
    {
        for (std::size_t i = 0; i < width && (all || i + width < begun); ++i) {
            lane[i] = combineIn(*label, *f, static_cast<A&&>(lane[i]), static_cast<A&&>(lane[i + width]));
        }
        if constexpr (width > 1) joinFrom<width / 2>(all);
    }
};

/// Whether an operator, or its step, hands on one record for each that it takes.
template <class T>
inline constexpr bool handsOnEach = requires { requires T::oneForOne; };
template <class Sink>
consteval bool stepsHandOnEach()
{
    if constexpr (requires(Sink& sink) { sink.next; }) return handsOnEach<Sink> && stepsHandOnEach<decltype(Sink::next)>();
    else return true;
}

/// The loop of pushEach over a sink with lanes: row by row, where the steps before it leave nothing out, and add nothing.
template <class T, class Sink>
[[gnu::always_inline]] constexpr std::size_t pushRows(T const* records, std::size_t size, Sink& sink)
{
    std::size_t i = 0;
    if constexpr (stepsHandOnEach<Sink>()) {
        auto& last = lastSink(sink);
        constexpr auto row = std::remove_cvref_t<decltype(last)>::lanes;
        while (i < size && !last.atRow()) sink(records[i++]);
        for (; size - i >= row; i += row) {
            for (std::size_t k = 0; k < row; ++k) {
                last.goTo(k);
                sink(records[i + k]);
            }
        }
    }
    while (i < size) sink(records[i++]);
    return i;
}

/// Whether the last operator of an expression does.
template <class Up>
inline constexpr bool lastHandsOnEach = requires(Up const& up) { requires handsOnEach<std::remove_cvref_t<decltype(up.last())>>; };

/// Whether each record of the leaf is one that reaches the end: then it comes to a lane by where it stands, and else by how many came
/// before.
template <class Up>
consteval bool handsOnAll()
{
    if constexpr (requires(Up const& up) { up.before(); })
        return lastHandsOnEach<Up> && handsOnAll<std::remove_cvref_t<decltype(std::declval<Up>().before())>>();
    else return true;
}

/// The records of one partition in lanes. What an operator picks is gathered in blocks: only in these the loop knows which lane is next.
template <class Up, class Sink>
constexpr void pushToLanes(Up const& up, std::size_t p, Sink& sink)
{
    using T = ValueOf<Up>;
    if constexpr (handsOnAll<Up>() || (!lastHandsOnEach<Up> && !fillsLane<T>)) {
        up.each(p, 0, sink);
    } else if constexpr (lastHandsOnEach<Up>) {
        auto step = up.last().before(static_cast<Sink&&>(sink));
        pushToLanes(up.before(), p, step);
        sink = static_cast<Sink&&>(step.next);
    } else if (std::is_constant_evaluated()) {
        up.each(p, 0, sink);
    } else {
        constexpr std::size_t size = sizeof(T) < 64 ? 4096 / sizeof(T) : 64;
        alignas(64) alignas(T) std::byte memory[size * sizeof(T)];
        GatherSink<T, requires { requires Up::bySpans; }> block{
            reinterpret_cast<T*>(memory),
            0,
            size,
            false,
            [](void* lanes, T const* records, T const* const*, std::size_t n) { return pushSpan(records, n, *static_cast<Sink*>(lanes)); },
            &sink};
        up.each(p, 0, block);
        block.flush();
    }
}

/// As foldRecords; where `zero` is none, lanes begin with the first records.
template <class A, class Up, class F>
constexpr std::optional<A> foldUnordered(Up const& up, A const* zero, F const& f, Label const& label)
{
    auto const fold = [&](std::size_t p) {
        LaneSink<F, A> sink(&f, &label, zero);
        pushToLanes(up, p, sink);
        return std::move(sink).value();
    };
    return mergedParts(up, zero != nullptr ? std::optional<A>{*zero} : std::nullopt, fold, Combining<F>{f, label});
}

}  // namespace detail

/// Given first to `sum`, `reduce` or `fold`: the order in which records are combined is free, for the sake of speed.
///
/// Doubles that are added one behind the other wait for each other; in lanes, of which the compiler makes vectors, they take a tenth of the
/// time in the cache, and what memory takes beyond. The result is still the same on each processor, with any number of workers, and
/// wherever the batch was cut into blocks: of the records of a partition that reach the action, counted from 0, lane i of 16 combines those
/// with the numbers i, i + 16, i + 32 …; then lane i takes in lane i + 8, for i below 8; then i + 4, below 4; i + 2, below 2; and lane 1
/// joins lane 0. Partitions meet in their order. So f must be commutative and associative, or what follows if it is not must be all
/// the same: floating point rounds in another way than in order. Nobody can check that. Integers by `std::plus` and its like, where
/// the order cannot be seen, are combined as in order, which is as fast.
///
/// Records, and `fold`'s zero, are such as can be copied as bytes and own what they show: numbers, structs of numbers. Others would gain
/// nothing, and are refused. Functions by key (`reduceByKey`) have no such form: looking up the key takes longer than adding.
///
/// ```cpp
/// std::vector<double> const halves(1000, 0.5);
/// CHECK((rdd(halves) | sum(unordered)) == 500);
/// CHECK((rdd(halves) | reduce(unordered, [](double a, double b) { return a < b ? b : a; })) == 0.5);
/// CHECK((rdd(halves) | fold(unordered, 0.0, std::plus{})) == 500);
/// ```
inline constexpr detail::Unordered unordered{};

}  // namespace sluice::inline SLUICE_ABI
