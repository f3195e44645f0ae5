#pragma once

#include <sluice/operators/detail/meeting.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// How often a record is on one side, and whether it is on the other.
struct Sides {
    std::int64_t here = 0;
    bool there = false;
};

template <class Op, class... Ups>
struct SidesOf : OfOperator<Op> {
    using Key = ValueOf<std::tuple_element_t<0, std::tuple<Ups...>>>;
    using Value = Sides;
    template <std::size_t>
    static constexpr bool keyed = false;

    template <std::size_t I, class R>
    static R const& key(Side<I>, R const& record)
    {
        return record;
    }

    template <std::size_t I, class R>
    static std::pair<Key, Sides> create(Side<I>, Arena& arena, Key const&, R&& record)
    {
        constexpr bool keeps = !std::tuple_element_t<I, std::tuple<Ups...>>::stable;
        return {kept<keeps>(arena, static_cast<R&&>(record)), Sides{I == 0 ? 1 : 0, I != 0}};
    }

    template <std::size_t I, class R>
    static void add(Side<I>, Arena&, Sides& sides, R const&)
    {
        if constexpr (I == 0) ++sides.here;
        else sides.there = true;
    }

    static void merge(Arena&, Sides& sides, Sides other)
    {
        sides.here += other.here;
        sides.there = sides.there || other.there;
    }
};

/// Whole records meet; `Times` of each are given out.
template <class Times>
struct WholeRecordsMeet : MeetInTables {
    using Records = EachKey<Times>;
    template <class By, class... Others>
    using Asks = Needs<need::OneType<Others...>, need::HashedRecord, need::PlacedRecord<By>, need::MovableAll<Others...>>;
    template <class Op, class... Ups>
    using Exchange = KeyedExchange<SidesOf<Op, Ups...>, Ups...>;
};

struct OnlyHere {
    static constexpr bool once = false;
    static constexpr std::int64_t of(Sides sides) { return sides.there ? 0 : sides.here; }
};
struct OnBothSides {
    static constexpr bool once = false;
    static constexpr int of(Sides sides) { return sides.there && sides.here > 0 ? 1 : 0; }
};

struct Subtract : WholeRecordsMeet<OnlyHere> {
    static constexpr char const* spelled = "subtract";
};
struct Intersection : WholeRecordsMeet<OnBothSides> {
    static constexpr char const* spelled = "intersection";
};

}  // namespace detail

/// The records of this stream or batch that another one has not: `a | subtract(b)`, `a | subtract(b, 4)`,
/// `a | subtract(b, partitioner)`.
///
/// Wide, for records T of concept `Key`. Duplicates are kept. Result: equal records stand together, in the order of first
/// occurrence; partitions as in `reduceByKey`. An empty batch subtracts nothing. Streams must belong to one context and
/// have one slide duration (`InvalidArgument`); *no RDD* of either is a `StreamError`.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3, 1, 4}) | subtract(rdd({3, 4, 5})) | collect()) == std::vector{1, 1, 2});
/// ```
inline constexpr detail::MeetingMaker<detail::Subtract> subtract{};

}  // namespace sluice::inline SLUICE_ABI
