#pragma once

#include <sluice/operators/count_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class By>
struct CountByValue : CombineBase<CountByValue<By>>, KeyShape, Counting {
    By by;
    Label label;

    CountByValue(By how, CallSite at) : by(static_cast<By&&>(how)), label{"countByValue", at} {}

    template <class Up>
    static constexpr bool accepts = isHashable<ValueOf<Up>> && partitions<By, ValueOf<Up>> && movable<Up>;

    template <class Up>
    static consteval void require()
    {
        using T = ValueOf<Up>;
        static_assert(!isPointer<T>,
                      "sluice::countByValue(): the records must not be pointers, whose addresses would be compared: use "
                      "std::string_view for text");
        static_assert(isPointer<T> || isHashable<T>,
                      "sluice::countByValue(): the records must have a hash (std::hash and == of its own are not used): "
                      "specialise sluice::KeyMembers for their type");
        if constexpr (isHashable<T>) {
            static_assert(partitions<By, T>,
                          "sluice::countByValue(partitioner): the partitioner must answer partition(record), and compare by ==");
            static_assert(mayMove<Up>(),
                          "sluice::countByValue(): the records must be copyable, and must not hold views, of a type that the "
                          "library cannot keep, into what was made on the way: map them to a type that owns");
        }
    }
};

struct CountByValueFn : OperatorFnBase {
    template <Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(P partitions = {}, CallSite at = CallSite::here()) const
    {
        return CountByValue<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"countByValue", at}), at};
    }
};

}  // namespace detail

/// How often each record is there: `countByValue()`, `countByValue(4)`, `countByValue(partitioner)`.
///
/// Wide, for records T of concept `Key`. Result: pairs (T, `std::int64_t`), each record once, in the order of first
/// occurrence; partitions as in `reduceByKey`. An empty batch gives an empty one, *no RDD* stays none.
///
/// ```cpp
/// auto const out = rdd({"to"sv, "be"sv, "or"sv, "to"sv}) | countByValue() | collect();
/// CHECK(out == std::vector<std::pair<std::string, std::int64_t>>{{"to", 2}, {"be", 1}, {"or", 1}});
/// ```
inline constexpr detail::CountByValueFn countByValue{};

}  // namespace sluice::inline SLUICE_ABI
