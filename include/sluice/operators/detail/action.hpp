#pragma once

#include <sluice/batch/rdd.hpp>

#include <optional>
#include <vector>

// What actions share: of each partition they make a part, and of the parts, in the order of partitions, one value.

namespace sluice::inline SLUICE_ABI::detail {

/// `make(p)` for each partition that may have records, wherever the batch runs; then `merge(all, part)` for each, in their order.
template <class Up, class All, class Make, class Merge>
constexpr All mergedParts(Up const& up, All all, Make const& make, Merge const& merge)
{
    PerPartition<decltype(make(0))> parts{up.partitions()};
    forPartitions(up, parts.size(), [&](std::size_t p) { parts[p] = make(p); });
    for (std::size_t p = 0; p < parts.size(); ++p) merge(all, std::move(parts[p]));
    return all;
}

/// A merge of parts by f, which leaves out those that are empty.
template <class F>
struct Combining {
    F const& f;
    Label const& label;

    template <class T>
    constexpr void operator()(std::optional<T>& all, std::optional<T>&& part) const
    {
        if (!part) return;
        if (!all) all = std::move(part);
        else if constexpr (CombinesFromNeutral<F, T>) *all = combineIntegers<F, T>(f, *all, *part);
        else *all = combineIn(label, f, *std::move(all), *std::move(part));
    }
};

/// The partitions one after another into one sink, in the calling thread, until it has enough.
template <class Up, class Sink>
constexpr Sink pushUntilEnough(Up const& up, Sink sink)
{
    up.prepare();
    InlinePlace::run(
        up.partitions(), [&](std::size_t p) { return sink.hasEnough() || up.isEmpty(p); }, [&](std::size_t p) { up.each(p, 0, sink); });
    return sink;
}

/// An action that has a meaning in a stream, too: there, one record a batch. `Derived` has
///
///   spelled       its name
///   valueOf(up)   its value; or, as an optional, none for a batch without records, and then
///   ifEmpty       says so
template <class Derived>
struct ValueAction : ActionBase {
    Label label;
    static constexpr bool onNoRdd = true;

    constexpr explicit ValueAction(CallSite at) : label{Derived::spelled, at} {}

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        auto value = static_cast<Derived const&>(*this).valueOf(up);
        if constexpr (requires { Derived::ifEmpty; }) {
            if (!value) throw InvalidArgument{Derived::ifEmpty};
            return *std::move(value);
        } else {
            return value;
        }
    }

    template <class Up>
    constexpr auto runInStream(Up const& up) const
    {
        return std::optional<decltype(run(up))>{static_cast<Derived const&>(*this).valueOf(up)};
    }
};

/// A ValueAction of which a sink takes the records of each partition: `Derived::Sink<Up>`, which is made by default for each and once
/// more to merge them in, takes records as any sink does (batch/sink.hpp), and has merge(sink) and value().
template <class Derived>
struct SinkAction : ValueAction<Derived> {
    using ValueAction<Derived>::ValueAction;

    template <class Up>
    constexpr auto valueOf(Up const& up) const
    {
        using Sink = typename Derived::template Sink<Up>;
        auto const fill = [&up](std::size_t p) {
            Sink sink;
            up.each(p, 0, sink);
            return sink;
        };
        return mergedParts(up, Sink{}, fill, [](Sink& all, Sink const& part) { all.merge(part); }).value();
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
