#pragma once

#include <sluice/batch/collect_sink.hpp>
#include <sluice/operators/detail/action.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// V, as the argument is deduced, can be filled with what owns the records.
template <class V>
struct FilledByName {
    template <class Up>
    static constexpr bool holds = std::is_same_v<V, std::vector<Owned<ValueOf<Up>>>&>;

    template <class Op, class Up>
    static consteval void explain()
    {
        using Filled = std::vector<Owned<ValueOf<Up>>>;
        if constexpr (std::is_same_v<std::remove_cvref_t<V>, Filled> && !std::is_lvalue_reference_v<V>) {
            static_assert(holds<Up>,
                          "sluice::collectInto(vector): the vector must have a name: it is filled, and a temporary would be gone");
        } else if constexpr (std::is_same_v<std::remove_cvref_t<V>, Filled>) {
            static_assert(holds<Up>, "sluice::collectInto(vector): the vector must not be const: it is filled");
        } else if constexpr (std::is_same_v<Owned<ValueOf<Up>>, ValueOf<Up>>) {
            static_assert(holds<Up>, "sluice::collectInto(vector): it must be a std::vector of the records' type");
        } else {
            static_assert(holds<Up>,
                          "sluice::collectInto(vector): it must be a std::vector of what owns the records: of std::string where they are "
                          "std::string_view");
        }
    }
};

template <class V>
struct CollectInto : ActionBase, Needs<need::Ownable, need::Copyable, FilledByName<V>> {
    std::remove_reference_t<V>* into;
    Label label;

    constexpr CollectInto(std::remove_reference_t<V>* vector, CallSite at) : into(vector), label{"collectInto", at} {}

    template <class Up>
    constexpr void run(Up const& up) const
    {
        using T = typename std::remove_reference_t<V>::value_type;
        using Sink = CollectSink<T>;
        if constexpr (!std::is_same_v<T, bool>) {
            if (viewsMemory(up, into->data(), into->data() + into->capacity())) {
                throw InvalidArgument{concat({where(label), ": the batch views the vector that it is to fill: fill another one"})};
            }
        }
        Sink all{std::move(*into)};
        if (runsHere(up.place())) {
            forPartitions(up, [&](std::size_t p) { up.each(p, 0, all); });
        } else {
            PerPartition<Sink> rest{up.partitions()};  // all but the first
            forPartitions(up, [&](std::size_t p) { up.each(p, 0, p == 0 ? all : rest[p]); });
            for (std::size_t p = 1; p < rest.size(); ++p) all.append(std::move(rest[p]));
        }
        *into = std::move(all).take();
    }

private:
    static constexpr bool runsHere(InlinePlace) { return true; }
    static bool runsHere(EnginePlace const& place) { return !place.hasEngine(); }
};

struct CollectIntoFn : OperatorFnBase {
    template <class V>
    [[nodiscard]] constexpr auto operator()(V&& vector, CallSite at = CallSite::here()) const
    {
        return CollectInto<V>{&vector, at};
    }
};

}  // namespace detail

/// As `collect`, into a `std::vector` that is there already, and whose memory is used again: what it held is gone, its capacity
/// stays, so that batches of a steady size allocate nothing where they run inline or have one partition. Of others each partition
/// but the first is gathered by itself, then appended.
///
/// Action, on batches only: in a stream use `foreachRDD`. The vector's elements own what they show, as those of `collect` do; it
/// must live until the action has run. What the batch views cannot be filled from it: `InvalidArgument` where that is seen, which is
/// where `rdd` was given the vector, or a part of it, behind narrow operators, in a union or as an `RDD<T>`; a range's or a text's view
/// of it is not seen. An empty batch leaves it empty, and so does one that throws, which may lose its memory.
///
/// ```cpp
/// std::vector<int> reused;
/// for (auto const& numbers : {std::vector{1, 2, 3}, std::vector{4, 5}}) {
///     rdd(numbers) | filter([](int x) { return x % 2 == 0; }) | collectInto(reused);
///     CHECK(reused.size() == 1);
/// }
/// ```
inline constexpr detail::CollectIntoFn collectInto{};

}  // namespace sluice::inline SLUICE_ABI
