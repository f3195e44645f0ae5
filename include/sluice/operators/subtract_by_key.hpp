#pragma once

#include <sluice/operators/cogroup.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The values of a key, unless the other side has it.
template <class V>
struct Remaining {
    std::vector<V> values;
    bool gone = false;
};

template <class Op, class Up, class Other>
struct Remainders {
    using Key = CommonKey<Up, Other>;
    using Value = Remaining<SecondOf<Up>>;
    template <std::size_t>
    static constexpr bool keyed = true;
    template <std::size_t I>
    using From = std::conditional_t<I == 0, Up, Other>;
    template <std::size_t I>
    static constexpr bool keepsKey =
        !From<I>::stable || (!std::is_same_v<FirstOf<From<I>>, Key> && !From<I>::stored);

    Counted<Box<Op>> op;

    [[nodiscard]] auto const& by() const { return op->value.by; }
    [[nodiscard]] Label const& label() const { return op->value.label; }

    template <std::size_t I, class R>
    decltype(auto) key(Input<I>, R const& record) const
    {
        return asKey<Key>(std::get<0>(record));
    }

    template <std::size_t I, class K, class R>
    std::pair<Key, Value> create(Input<I>, Arena& arena, K const& key, R&& record) const
    {
        std::pair<Key, Value> entry{kept<keepsKey<I>>(arena, key), Value{}};
        add(Input<I>{}, arena, entry.second, static_cast<R&&>(record));
        return entry;
    }

    template <std::size_t I, class R>
    void add(Input<I>, Arena& arena, Value& value, R&& record) const
    {
        if constexpr (I == 0) value.values.push_back(kept<!Up::stable>(arena, std::get<1>(static_cast<R&&>(record))));
        else value.gone = true;
    }

    void merge(Arena&, Value& value, Value&& other) const
    {
        value.gone = value.gone || other.gone;
        Grouping::merge(value.values, std::move(other.values));
    }
};

template <class Next>
struct RemainingStep {
    [[no_unique_address]] Next next;

    template <class Entry>
    bool operator()(Entry const& entry)
    {
        using Pair = std::pair<typename Entry::first_type, typename decltype(entry.second.values)::value_type>;
        if (entry.second.gone) return true;
        for (auto const& value : entry.second.values) {
            if (!next(Pair(entry.first, value))) return false;
        }
        return true;
    }
};

/// Makes the pairs out of what remained.
struct RemainingPairs : NarrowBase {
    Label label;
    static constexpr bool within = true;
    static constexpr bool resumable = false;
    static constexpr bool keepsKeys = true;

    template <class Up>
    using Record =
        std::pair<typename ValueOf<Up>::first_type, typename decltype(ValueOf<Up>::second_type::values)::value_type>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Up::stable;
    template <class Up>
    static constexpr bool accepts = true;
    template <class Up>
    static consteval void require()
    {
    }

    template <class Next>
    auto before(Next next) const
    {
        return RemainingStep<Next>{static_cast<Next&&>(next)};
    }
};

template <class By>
struct SubtractByKey : MeetingBase<SubtractByKey<By>, Remainders> {
    By by;
    Label label;

    SubtractByKey(By how, CallSite at) : by(static_cast<By&&>(how)), label{"subtractByKey", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>,
                          "sluice::subtractByKey(other): from a stream a stream is subtracted, from a batch a batch");
        }
    };
    template <class Up, class>
    using Values = KeepsValues<true, Up>;
    template <class... Others>
    using Asks = MeetByKey<SubtractByKey, Others...>;
};

struct SubtractByKeyFn : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::subtractByKey(other): from a stream a stream is subtracted, from a batch a batch");
        return together(SubtractByKey<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"subtractByKey", at}), at}, std::move(other)) |
               RemainingPairs{{}, {"subtractByKey", at}};
    }
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
inline constexpr detail::SubtractByKeyFn subtractByKey{};

}  // namespace sluice::inline SLUICE_ABI
