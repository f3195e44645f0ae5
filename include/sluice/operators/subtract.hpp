#pragma once

#include <sluice/operators/cogroup.hpp>
#include <sluice/operators/distinct.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// How often a record is on one side, and whether it is on the other.
struct Sides {
    std::int64_t here = 0;
    bool there = false;
};

template <class Op, class... Ups>
struct SidesOf {
    using Key = ValueOf<std::tuple_element_t<0, std::tuple<Ups...>>>;
    using Value = Sides;
    template <std::size_t>
    static constexpr bool keyed = false;

    Counted<Box<Op>> op;

    [[nodiscard]] auto const& by() const { return op->value.by; }
    [[nodiscard]] Label const& label() const { return op->value.label; }

    template <std::size_t I, class R>
    static R const& key(Input<I>, R const& record)
    {
        return record;
    }

    template <std::size_t I, class R>
    static std::pair<Key, Sides> create(Input<I>, Arena& arena, Key const&, R&& record)
    {
        constexpr bool keeps = !std::tuple_element_t<I, std::tuple<Ups...>>::stable;
        return {kept<keeps>(arena, static_cast<R&&>(record)), Sides{I == 0 ? 1 : 0, I != 0}};
    }

    template <std::size_t I, class R>
    static void add(Input<I>, Arena&, Sides& sides, R const&)
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

template <class By, class... Ups>
consteval bool meetAsKeys()
{
    using T = ValueOf<std::tuple_element_t<0, std::tuple<Ups...>>>;
    return isHashable<T> && sameRecord<T, ValueOf<Ups>...> && partitions<By, T> && movableAll<Ups...>;
}

struct ThoseAlone {
    static constexpr bool once = false;
    static constexpr std::int64_t of(Sides sides) { return sides.there ? 0 : sides.here; }
};

template <class By>
struct Subtract : MeetingBase<Subtract<By>, SidesOf> {
    By by;
    Label label;

    Subtract(By how, CallSite at) : by(static_cast<By&&>(how)), label{"subtract", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>,
                          "sluice::subtract(other): from a stream a stream is subtracted, from a batch a batch");
        }
    };
    template <class Other>
    struct Asks {
        template <class Up>
        static constexpr bool accepts = meetAsKeys<By, Up, Other>();
        template <class Up>
        static consteval void require()
        {
            using T = ValueOf<Up>;
            static_assert(sameRecord<T, ValueOf<Other>>, "sluice::subtract(other): both must hold records of one type");
            if constexpr (sameRecord<T, ValueOf<Other>>) {
                static_assert(!isPointer<T>,
                              "sluice::subtract(other): the records must not be pointers, whose addresses would be compared: use "
                              "std::string_view for text");
                static_assert(isPointer<T> || isHashable<T>,
                              "sluice::subtract(other): the records must have a hash (std::hash and == of its own are not used): "
                              "specialise sluice::KeyMembers for their type");
                if constexpr (isHashable<T>) {
                    static_assert(partitions<By, T>,
                                  "sluice::subtract(other, partitioner): the partitioner must answer partition(record), and compare by "
                                  "==");
                    static_assert(movableAll<Up, Other>,
                                  "sluice::subtract(other): the records must be copyable, and must not hold views, of a type that the "
                                  "library cannot keep, into what was made on the way: map them to a type that owns");
                }
            }
        }
    };
};

struct SubtractFn : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::subtract(other): from a stream a stream is subtracted, from a batch a batch");
        return together(Subtract<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"subtract", at}), at}, std::move(other)) |
               KeysOf<ThoseAlone>{{"subtract", at}};
    }
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
inline constexpr detail::SubtractFn subtract{};

}  // namespace sluice::inline SLUICE_ABI
