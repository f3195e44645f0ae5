#pragma once

#include <sluice/operators/cogroup.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The pairs of keys that the other side has not.
struct PairsLeft {
    static constexpr bool once = false;
    static constexpr bool keepsKeys = true;
    template <class Entry>
    using Record = std::pair<typename Entry::first_type, typename Entry::second_type::first_type::value_type>;

    template <class Entry, class Next>
    static bool push(Entry const& entry, Next& next)
    {
        if (entry.second.second.seen) return true;
        for (auto const& value : entry.second.first) {
            if (!next(Record<Entry>(entry.first, value))) return false;
        }
        return true;
    }
};

struct SubtractByKey : MeetInTables {
    static constexpr char const* spelled = "subtractByKey";
    using Records = PairsLeft;
    template <class By, class... Others>  // of these nothing is kept but keys
    using Asks = Needs<MeetByKey<By, Others...>, need::Movable, need::ValuesCopied<>>;
    template <class Op, class... Ups>
    using Exchange = KeyedExchange<Groups<Op, ChainOf, NothingOf, Ups...>, Ups...>;
};

}  // namespace detail

/// The pairs of this stream or batch whose key another one has not: `a | subtractByKey(b)`, `a | subtractByKey(b, 4)`,
/// `a | subtractByKey(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, V), those of one key together, keys
/// in the order of first occurrence. What is partitioned as the result will be is not exchanged. Empty batches subtract
/// nothing. Streams must belong to one context and have one slide duration (`InvalidArgument`); *no RDD* of either is a
/// `StreamError`.
///
/// ```cpp
/// auto const orders = rdd({std::pair{1, 'a'}, std::pair{2, 'b'}, std::pair{1, 'c'}});
/// auto const paid = rdd({std::pair{2, 9.5}});
/// CHECK((orders | subtractByKey(paid) | collect()) == std::vector{std::pair{1, 'a'}, std::pair{1, 'c'}});
/// ```
inline constexpr detail::MeetingMaker<detail::SubtractByKey> subtractByKey{};

}  // namespace sluice::inline SLUICE_ABI
