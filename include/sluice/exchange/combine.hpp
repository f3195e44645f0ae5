#pragma once

#include <sluice/exchange/exchange.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// What is kept of a value in a table: as it is, or, where it looks at bytes made on the way, with those in the arena.
template <bool keeps, class V>
constexpr decltype(auto) kept(Arena& arena, V&& value)
{
    using T = std::remove_cvref_t<V>;
    if constexpr (keeps && holdOf<T>() != Hold::owns) return arena.keep(T(static_cast<V&&>(value)));
    else return static_cast<V&&>(value);
}

/// Records of which the first member is the key, and the second one the value.
struct PairShape {
    static constexpr bool keyed = true;
    static constexpr bool makesKeys = false;
    template <class R>
    static constexpr decltype(auto) key(R&& record)
    {
        return std::get<0>(static_cast<R&&>(record));
    }
    template <class R>
    static constexpr decltype(auto) value(R&& record)
    {
        return std::get<1>(static_cast<R&&>(record));
    }
};

/// Records that are keys themselves.
struct KeyShape {
    static constexpr bool keyed = false;
    static constexpr bool makesKeys = false;
    template <class R>
    static constexpr R&& key(R&& record)
    {
        return static_cast<R&&>(record);
    }
    template <class R>
    static constexpr R&& value(R&& record)
    {
        return static_cast<R&&>(record);
    }
};

/// How an operator over one upstream makes one entry of each key. `Op` has, besides `by` and `label`,
///
///   keyed, makesKeys                are its records pairs that may be partitioned already? does it make keys of them?
///   key(record), value(record)      PairShape, KeyShape, or its own
///   Combined<V>                     what it makes of values V
///   create(value)                   of the first one
///   add(combined, value)            with one more
///   merge(combined, combined)       of two partitions, in their order
///
/// A user's function they call by callIn or combineIn, so that what it throws names the operator.
template <class Op, class Up>
struct Combine : OfOperator<Op> {
    using R = RecordOf<Up>;
    using Key = std::remove_cvref_t<decltype(std::declval<Op const&>().key(std::declval<R>()))>;
    using V = decltype(std::declval<Op const&>().value(std::declval<R>()));
    using Value = typename Op::template Combined<V>;
    template <std::size_t>
    static constexpr bool keyed = Op::keyed;
    // A key that was made of a record may look at it, and the record may not last.
    static constexpr bool keepsKeys = !Up::stable || (Op::makesKeys && !Up::stored && !isView<ValueOf<Up>>);
    static constexpr bool keepsValues = !Up::stable && holdOf<Value>() != Hold::owns;

    template <class Rec>
    decltype(auto) key(Side<0>, Rec const& record) const
    {
        return this->op->value.key(record);
    }

    /// A key that lies in the record is moved out of it, one that was made of it is moved as it is.
    template <class K, class Rec>
    std::pair<Key, Value> create(Side<0>, Arena& arena, K& known, Rec&& record) const
    {
        using Found = decltype(this->op->value.key(static_cast<Rec&&>(record)));
        if constexpr (std::is_rvalue_reference_v<Found>) {
            return {kept<keepsKeys>(arena, this->op->value.key(static_cast<Rec&&>(record))), first(arena, static_cast<Rec&&>(record))};
        } else if constexpr (std::is_lvalue_reference_v<Found> && !std::is_lvalue_reference_v<Rec>) {
            Key key(kept<keepsKeys>(arena, known));  // before the record, in which it may lie, is moved
            return {std::move(key), first(arena, static_cast<Rec&&>(record))};
        } else {
            return {kept<keepsKeys>(arena, static_cast<Found&&>(known)), first(arena, static_cast<Rec&&>(record))};
        }
    }

    template <class Rec>
    void add(Side<0>, Arena& arena, Value& value, Rec&& record) const
    {
        if constexpr (keepsValues && isView<Value>) {
            Value const before = value;  // what it shows then may be that, whose bytes are kept already, or the record: then they are now
            this->op->value.add(value, this->op->value.value(static_cast<Rec&&>(record)));
            value = arena.keep(Value(value), &before);
        } else {
            this->op->value.add(value, kept<keepsValues>(arena, this->op->value.value(static_cast<Rec&&>(record))));
        }
    }

    void merge(Arena&, Value& value, Value&& other) const { this->op->value.merge(value, std::move(other)); }

private:
    /// By reference where `create` hands on the value itself, which is then moved once.
    template <class Rec>
    decltype(auto) first(Arena& arena, Rec&& record) const
    {
        if constexpr (keepsValues)
            return Value(this->op->value.create(kept<true>(arena, this->op->value.value(static_cast<Rec&&>(record)))));
        else return this->op->value.create(this->op->value.value(static_cast<Rec&&>(record)));
    }
};

template <class Up, class Op>
using CombiningExchange = KeyedExchange<Combine<Op, Up>, Up>;
/// The base of a wide operator over one upstream that has what Combine asks of an Op.
template <class Op>
using CombineBase = OverOne<Op, CombiningExchange>;

/// Whether a C that is made of values V may look at them: they lie in the batch, or show bytes that are kept.
template <class Up, class V, class C>
inline constexpr bool mayLookAt = holdOf<C>() == Hold::owns || Up::stored || isViewOrScalar<std::remove_cvref_t<V>>;

template <class How, class Next>
struct EntryStep {
    [[no_unique_address]] Next next;

    template <class Entry>
    bool operator()(Entry const& entry)
    {
        return How::push(entry, next);
    }
};

/// Makes records of the entries of an exchange, as its second step. `How` has
///
///   Record<Entry>        what it makes of one; of its key alone, by reference
///   once, keepsKeys      is it always one record for each? are these pairs of its key?
///   push(entry, next)    hands them on, until next answers false
template <class How>
struct FromEntries : NarrowBase, Needs<> {
    Label label;
    static constexpr bool within = true;
    static constexpr bool resumable = How::once;
    static constexpr bool keepsKeys = How::keepsKeys;

    explicit FromEntries(Label l) : label(l) {}

    template <class Up>
    using Record = typename How::template Record<ValueOf<Up>>;
    template <class Up>
    static constexpr bool stored = Up::stored && std::is_reference_v<Record<Up>>;
    template <class Up>
    static constexpr bool stable = Up::stable;

    template <class Next>
    auto before(Next next) const
    {
        return EntryStep<How, Next>{static_cast<Next&&>(next)};
    }
};

/// Keys, each as often as `Times` says.
template <class Times>
struct EachKey {
    static constexpr bool once = Times::once;
    static constexpr bool keepsKeys = false;
    template <class Entry>
    using Record = typename Entry::first_type const&;

    template <class Entry, class Next>
    static bool push(Entry const& entry, Next& next)
    {
        for (auto n = Times::of(entry.second); n > 0; --n) {
            if (!next(entry.first)) return false;
        }
        return true;
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
