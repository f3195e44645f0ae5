#pragma once

#include <sluice/stream/exchange.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// How values of one key meet under f. Records that look at bytes made on the way (`keeps`) leave them in the arena.
template <class Op, class Up>
struct ReduceValues {
    using Pair = ValueOf<Up>;
    using Key = std::remove_cv_t<typename Pair::first_type>;
    using Value = std::remove_cv_t<typename Pair::second_type>;
    template <std::size_t>
    static constexpr bool keyed = true;
    static constexpr bool keeps = !Up::stable;

    Counted<Box<Op>> op;  // shared with the stream's node, and kept for as long as the batch is

    [[nodiscard]] auto const& by() const { return op->value.by; }
    [[nodiscard]] Label const& label() const { return op->value.label; }

    template <class R>
    static auto const& key(Input<0>, R const& record)
    {
        return std::get<0>(record);
    }

    template <class K, class R>
    std::pair<Key, Value> create(Input<0>, Arena& arena, K const&, R&& record) const
    {
        if constexpr (keeps) {
            return {arena.keep(Key(std::get<0>(static_cast<R&&>(record)))),
                    arena.keep(Value(std::get<1>(static_cast<R&&>(record))))};
        } else {
            return {std::get<0>(static_cast<R&&>(record)), std::get<1>(static_cast<R&&>(record))};
        }
    }

    template <class R>
    void add(Input<0>, Arena& arena, Value& value, R&& record) const
    {
        combine(arena, value, std::get<1>(static_cast<R&&>(record)));
    }

    void merge(Arena& arena, Value& value, Value&& other) const { combine(arena, value, std::move(other)); }

private:
    template <class V>
    void combine(Arena& arena, Value& value, V&& other) const
    {
        if constexpr (keeps && holdOf<Value>() != Hold::owns) {
            Value const before = value;
            value = arena.keep(Value(combineIn(op->value.label, op->value.f, value, static_cast<V&&>(other))), &before);
        } else {
            value = combineIn(op->value.label, op->value.f, std::move(value), static_cast<V&&>(other));
        }
    }
};

template <class F, class By>
struct ReduceByKey : WideBase {
    [[no_unique_address]] F f;
    By by;
    Label label;

    constexpr ReduceByKey(F fn, By how, CallSite at)
        : f(static_cast<F&&>(fn)), by(static_cast<By&&>(how)), label{"reduceByKey", at}
    {
    }

    template <class Up>
    static consteval bool fitsPairs()
    {
        using P = ValueOf<Up>;
        if constexpr (!isPair<P>) return false;
        else {
            using V = typename P::second_type;
            if constexpr (!Key<typename P::first_type> || !CombinerOf<F const, V, V>) return false;
            else if constexpr (!detail::partitions<By, typename P::first_type>) return false;
            else if constexpr (combinesToTemporary<F const, V, V>()) return false;
            else return Up::stable || (canKeep<typename P::first_type>() && canKeep<V>());
        }
    }

    template <class Up>
    static constexpr bool accepts = fitsPairs<Up>();

    template <class Up>
    static consteval void require()
    {
        using P = ValueOf<Up>;
        static_assert(isPair<P>, "sluice::reduceByKey(f): the records must be pairs of a key and a value");
        if constexpr (isPair<P>) {
            using K = typename P::first_type;
            using V = typename P::second_type;
            static_assert(!std::is_pointer_v<K>,
                          "sluice::reduceByKey(f): the key must not be a pointer, whose address would be "
                          "compared: use std::string_view for text");
            if constexpr (!std::is_pointer_v<K>) {
                static_assert(isKey<std::remove_cv_t<K>>(),
                              "sluice::reduceByKey(f): the key must have a hash (std::hash and == of its own are not used): "
                              "specialise sluice::KeyMembers for its type");
            }
            if constexpr (Key<K>) {
                static_assert(detail::partitions<By, K>,
                              "sluice::reduceByKey(f, partitioner): the partitioner must answer partition(key) for the "
                              "key, and compare by ==");
                static_assert(!combinesOnlyMutable<F, V, V>,
                              "sluice::reduceByKey(f): f is called as const, by several threads at once: no mutable lambda");
                static_assert(combines<F, V, V>,
                              "sluice::reduceByKey(f): f must take two values of one key and return one, of a type that can be assigned to");
                if constexpr (CombinerOf<F const, V, V>) {
                    static_assert(!combinesToTemporary<F const, V, V>(),
                                  "sluice::reduceByKey(f): f must answer with a view into what it is given; where it "
                                  "makes new text, map the values to std::string first");
                    static_assert(mayKeep<Up>(),
                                  "sluice::reduceByKey(f): the pairs must not hold views, of a type that the library "
                                  "cannot keep, into what was made on the way: map them to a type that owns");
                }
            }
        }
    }

    template <class Up>
    using Exchange = KeyedExchange<ReduceValues<ReduceByKey, Up>, Up>;
    template <class Up>
    using Batch = StoredBatch<Exchange<Up>>;

    template <class Up>
    static void describe(Exchange<Up>& exchange, Counted<Box<ReduceByKey>> const& op, Up up)
    {
        exchange.describe({op}, static_cast<Up&&>(up));
    }
};

struct ReduceByKeyFn : OperatorFnBase {
    template <class F, Partitions P = MaybePartitions>
    [[nodiscard]] constexpr auto operator()(F f, P partitions = {}, CallSite at = CallSite::here()) const
    {
        return ReduceByKey<F, ByOf<P>>{static_cast<F&&>(f), byOf(static_cast<P&&>(partitions), {"reduceByKey", at}), at};
    }
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at) const
    {
        return ReduceByKey<F, ByHash>{static_cast<F&&>(f), {0}, at};
    }
};

}  // namespace detail

/// Combine the values of each key by f: `reduceByKey(f)`, `reduceByKey(f, 4)`, `reduceByKey(f, partitioner)`; without a
/// number as the batch is partitioned already, else the context's default parallelism.
///
/// Wide, for pairs (K, V): each partition is combined before the exchange. f takes two values as const, returns one,
/// and must be associative. Result: pairs (K, V), each key once, partitioned by key; within a partition keys stand in
/// the order of their first occurrence. A key is anything of concept `Key`; text is not copied where it lies in the
/// batch. An empty batch gives an empty one, *no RDD* stays none. What f throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto sums = rdd({std::pair{"a"s, 1}, std::pair{"b"s, 2}, std::pair{"a"s, 3}}) | reduceByKey(std::plus{});
/// CHECK((sums | collect()) == std::vector{std::pair{"a"s, 4}, std::pair{"b"s, 2}});
/// ```
inline constexpr detail::ReduceByKeyFn reduceByKey{};

}  // namespace sluice::inline SLUICE_ABI
