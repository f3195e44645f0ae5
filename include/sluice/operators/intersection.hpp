#pragma once

#include <sluice/operators/subtract.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct Common {
    static constexpr bool once = false;
    static constexpr int of(Sides sides) { return sides.there && sides.here > 0 ? 1 : 0; }
};

template <class By>
struct Intersection : MeetingBase<Intersection<By>, SidesOf> {
    By by;
    Label label;

    Intersection(By how, CallSite at) : by(static_cast<By&&>(how)), label{"intersection", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>, "sluice::intersection(other): a stream meets a stream, a batch meets a batch");
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
            static_assert(sameRecord<T, ValueOf<Other>>, "sluice::intersection(other): both must hold records of one type");
            if constexpr (sameRecord<T, ValueOf<Other>>) {
                static_assert(!isPointer<T>,
                              "sluice::intersection(other): the records must not be pointers, whose addresses would be compared: use "
                              "std::string_view for text");
                static_assert(isPointer<T> || isHashable<T>,
                              "sluice::intersection(other): the records must have a hash (std::hash and == of its own are not used): "
                              "specialise sluice::KeyMembers for their type");
                if constexpr (isHashable<T>) {
                    static_assert(partitions<By, T>,
                                  "sluice::intersection(other, partitioner): the partitioner must answer partition(record), and compare by "
                                  "==");
                    static_assert(movableAll<Up, Other>,
                                  "sluice::intersection(other): the records must be copyable, and must not hold views, of a type that the "
                                  "library cannot keep, into what was made on the way: map them to a type that owns");
                }
            }
        }
    };
};

struct IntersectionFn : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::intersection(other): a stream meets a stream, a batch meets a batch");
        return together(Intersection<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"intersection", at}), at}, std::move(other)) |
               KeysOf<Common>{{"intersection", at}};
    }
};

}  // namespace detail

/// The records that this stream or batch and another one have in common, each once: `a | intersection(b)`,
/// `a | intersection(b, 4)`, `a | intersection(b, partitioner)`.
///
/// Wide, for records T of concept `Key`. Result: in the order of first occurrence in a; partitions as in `reduceByKey`.
/// With an empty batch nothing is common. Streams must belong to one context and have one slide duration
/// (`InvalidArgument`); *no RDD* of either is a `StreamError`.
///
/// ```cpp
/// CHECK((rdd({4, 2, 3, 4}) | intersection(rdd({3, 4, 5})) | collect()) == std::vector{4, 3});
/// ```
inline constexpr detail::IntersectionFn intersection{};

}  // namespace sluice::inline SLUICE_ABI
