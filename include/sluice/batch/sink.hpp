#pragma once

#include <sluice/batch/call.hpp>
#include <sluice/batch/neutral.hpp>
#include <sluice/batch/place.hpp>

#include <cstddef>

// A sink takes the records of one partition, one call each, and answers whether it wants more. It is a value that
// holds its own state: whoever runs a loop moves it into a local and back, so that its state lives in registers (a
// state behind a reference may alias the records, and costs up to sixteen times as much).
//
//   bool operator()(R&& record)         take one record; false: no more
//   bool pushIf(R&& record, bool keep)  optional: take it only if keep, without a branch; `filter` uses it
//   settle()                            optional: what the sink has taken since it was settled last stands apart, and joins the rest
//                                       now. The loop of pushSpan calls it after each record that it has pushed (Combined)
//   takeLines(begin, end)               optional: a text of lines at once (text_scan.hpp)
//   lanes                               optional: the records come to so many lanes in turn (LaneSink); the loop of pushSpan is pushRows
//   room(), bool flush()                optional: so many records are taken without a question; then it is to be flushed,
//                                       and answers whether it wants more. For loops of pushSpan only (`bySpans`)

namespace sluice::inline SLUICE_ABI::detail {

/// A range of ours that pushes its elements faster than a loop over them does: range.forEach(f) calls f(element) for each of them while it
/// answers that more are wanted, and answers whether they still are.
struct PushingRange {};

/// How many records of a block were taken, and whether more are wanted.
struct Taken {
    std::size_t count;
    bool more;
};

/// The sink behind any number of steps.
template <class Sink>
constexpr auto& lastSink(Sink& sink)
{
    if constexpr (requires { sink.next; }) return lastSink(sink.next);
    else return sink;
}

template <class Sink>
concept Settles = requires(Sink& sink) { lastSink(sink).settle(); };

template <class Sink>
[[gnu::always_inline]] constexpr void settle(Sink& sink)
{
    if constexpr (Settles<Sink>) lastSink(sink).settle();
}

template <class T, class Sink>
constexpr std::size_t pushRows(T const* records, std::size_t size, Sink& sink);

/// The loop of a leaf over what lies side by side. Indexed: a range-for is not unrolled by clang 14.
template <class T, class Sink>
[[gnu::always_inline]] constexpr Taken pushEach(T const* records, std::size_t size, Sink& sink)
{
    Sink local = static_cast<Sink&&>(sink);
    std::size_t i = 0;
    bool more = true;
    if constexpr (requires { lastSink(local).room(); }) {
        while (i < size && more) {
            auto const room = lastSink(local).room();
            auto const end = room < size - i ? i + room : size;
            for (; i < end; ++i) local(records[i]);
            more = i == size || lastSink(local).room() > 0 || lastSink(local).flush();
        }
    } else if constexpr (requires { lastSink(local).lanes; }) {
        i = pushRows(records, size, local);
    } else {
        settle(local);
        for (; i < size; ++i) {
            if (!local(records[i])) {
                ++i;
                more = false;
                break;
            }
            settle(local);
        }
    }
    sink = static_cast<Sink&&>(local);
    return {i, more};
}

/// As pushEach, compiled by itself: what stands around it costs it registers and, with clang 14, half of its speed.
template <class T, class Sink>
[[gnu::noinline]] constexpr Taken pushMany(T const* records, std::size_t size, Sink& sink)
{
    return pushEach(records, size, sink);
}

#if defined(__GNUC__) && !defined(__clang__)
#define SLUICE_NO_SPLIT_PATHS [[gnu::optimize("no-split-paths")]]
#else
#define SLUICE_NO_SPLIT_PATHS
#endif

/// As pushMany, for what settles: with -O3, g++ would compile a loop that it does not make one of vectors twice, for records that a filter
/// lets pass and for others, behind a branch that nobody foresees.
template <class T, class Sink>
SLUICE_NO_SPLIT_PATHS [[gnu::noinline]] constexpr Taken pushSettling(T const* records, std::size_t size, Sink& sink)
{
    return pushEach(records, size, sink);
}
#undef SLUICE_NO_SPLIT_PATHS

/// pushMany, or, for a sink that wants one record, pushEach: there is no loop then that is worth a call.
template <class T, class Sink>
[[gnu::always_inline]] constexpr Taken pushSpan(T const* records, std::size_t size, Sink& sink)
{
    using Last = std::remove_cvref_t<decltype(lastSink(sink))>;
    if constexpr (requires { typename std::bool_constant<Last::one>; }) return pushEach(records, size, sink);
    else if constexpr (Settles<Sink>) return pushSettling(records, size, sink);
    else return pushMany(records, size, sink);
}

/// Remembers whether more are wanted, for those who push from one place after another. Written only where none are: a sink
/// that takes all is still a loop of vectors.
template <class Next>
struct AskedStep {
    static constexpr bool oneForOne = true;
    [[no_unique_address]] Next next;
    bool more = true;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        if (next(static_cast<R&&>(record))) return true;
        return more = false;
    }

    template <class R>
    constexpr bool pushIf(R&& record, bool keep)
        requires requires(Next& sink) { sink.pushIf(static_cast<R&&>(record), keep); }
    {
        if (next.pushIf(static_cast<R&&>(record), keep)) return true;
        return more = false;
    }
};

/// Pushes the partitions [first, last) of a batch, one after another, for as long as more are wanted: the first one from
/// position `from` on. Answers the position in the last one that it came to.
template <class Node, class Sink>
constexpr std::size_t pushPartitions(Node const& node, std::size_t first, std::size_t last, std::size_t from, Sink& sink)
{
    AskedStep<Sink> step{static_cast<Sink&&>(sink)};
    auto at = from;
    for (std::size_t p = first; p < last && step.more; ++p) {
        if (!node.isEmpty(p)) at = node.each(p, p == first ? from : 0, step);
    }
    sink = static_cast<Sink&&>(step.next);
    return at;
}

/// Folds what it takes into one value.
template <class F, class A>
struct FoldSink {
    F const* f;
    Label const* label;
    A all;

    constexpr FoldSink(F const* fn, Label const* of, A begin) : f(fn), label(of), all(static_cast<A&&>(begin)) {}

    template <class R>
    constexpr bool operator()(R&& record)
    {
        all = combineIn(*label, *f, static_cast<A&&>(all), static_cast<R&&>(record));
        return true;
    }
    constexpr A value() && { return static_cast<A&&>(all); }
};

/// The same of integers that may be combined in any grouping.
template <class F, class A>
    requires CombinesFromNeutral<F, A>
struct FoldSink<F, A> {
    F const* f;
    Label const* label;
    Combined<F, A> combined;

    constexpr FoldSink(F const* fn, Label const* of, A begin) : f(fn), label(of), combined(begin) {}

    template <class R>
    constexpr bool operator()(R&& record)
    {
        if constexpr (std::is_integral_v<std::remove_cvref_t<R>>) combined.add(*f, static_cast<A>(record));
        else combined = Combined<F, A>{combineIn(*label, *f, combined.value(*f), static_cast<R&&>(record))};
        return true;
    }
    constexpr void settle() { combined.settle(*f); }
    constexpr A value() && { return combined.value(*f); }
};

}  // namespace sluice::inline SLUICE_ABI::detail
