#pragma once

#include <sluice/batch/partitioner.hpp>

// Why an operator is refused. Each has a list of needs of the batch before it, Up, in the order in which a user mends them:
//
//   struct GroupByKey : …, Needs<need::Pairs, need::HashedKey, need::Placed<By>, need::Movable>
//
// and the list says both whether it is accepted and, by the first need that does not hold, why not. A need is
//
//   template <class Up> static constexpr bool holds;                   where those before it in the list hold
//   template <class Op, class Up> static consteval void explain();     of its static_asserts exactly one fails
//
// Compilers show Op, the operator, beside the sentence. A need of one operator alone stands beside that operator.
// Those that several have stand here, in one file although it is long: who writes an operator looks through them first, and a
// sentence is said once.

namespace sluice::inline SLUICE_ABI::detail {

/// The first need that does not hold; void where all do.
template <class Up, class... Ns>
struct FirstBroken {
    using type = void;
};
template <class Up, class N, class... Rest>
struct FirstBroken<Up, N, Rest...> {
    using type = N;
};
template <class Up, class N, class... Rest>
    requires(N::template holds<Up>)
struct FirstBroken<Up, N, Rest...> : FirstBroken<Up, Rest...> {};

/// A list of them may stand in a list.
template <class... Ns>
struct Needs;
template <class Up, class... Ns, class... Rest>
struct FirstBroken<Up, Needs<Ns...>, Rest...> : FirstBroken<Up, Ns..., Rest...> {};

template <class... Ns>
struct Needs {
    template <class Up>
    using Broken = typename FirstBroken<Up, Ns...>::type;
    template <class Up>
    static constexpr bool accepts = std::is_void_v<Broken<Up>>;

    template <class... More>
    using And = Needs<Ns..., More...>;
};

// The types that needs are about, as parts of a batch.
template <class Up>
inline constexpr bool ofPairs = isPair<ValueOf<Up>>;
template <class Up>
using ConstRecordOf = ValueOf<Up> const&;
/// The second member of the pair, as it is pushed.
template <class Up>
using SecondIn = decltype(std::get<1>(std::declval<RecordOf<Up>>()));
template <class Up>
using FirstOf = std::remove_cv_t<typename ValueOf<Up>::first_type>;
template <class Up>
using SecondOf = std::remove_cv_t<typename ValueOf<Up>::second_type>;
/// What F makes of a record.
template <class F>
struct KeyMadeBy {
    template <class Up>
    using In = std::remove_cvref_t<CallResult<F, ConstRecordOf<Up>>>;
};

template <class T>
inline constexpr bool isPointer = std::is_pointer_v<T>;
template <class K>
inline constexpr bool isHashable = isKey<K>();

/// Whether all of them hold records of one type.
template <class T, class... Us>
inline constexpr bool sameRecord = (std::is_same_v<T, Us> && ...);

/// Whether a function that is called with an A is given the value of a pair alone.
template <class Up, class A>
inline constexpr bool givesSecond = false;
template <class Up, class A>
    requires ofPairs<Up>
inline constexpr bool givesSecond<Up, A> = std::is_same_v<A, SecondIn<Up>>;

/// Known views of a type that the library cannot own are not exchanged; what only may be one is, where all that is shown lies in
/// the batch.
template <class T>
inline constexpr bool mayMeet = canStore<T> || mayBeView<typename Culprit<T>::type>;

/// Whether its records can be kept there whole: copied, or moved where they are made on the way.
template <class Up>
inline constexpr bool movable = keepable<Up> && std::is_convertible_v<RecordOf<Up>, ValueOf<Up>> && mayMeet<ValueOf<Up>>;

// Whether its records cannot be kept, and mayKeep has said why not.
template <class Up>
consteval bool mayNotKeep()
{
    return !keepable<Up> && mayKeep<Up>();
}
// Whether they can be kept whole, or why not has been said.
template <class Up>
consteval bool mayMove()
{
    return movable<Up> || mayNotKeep<Up>();
}
/// As mayMove, of several batches: of the first that cannot, since one sentence is enough.
template <class Up, class... Others>
consteval bool mayMoveAll()
{
    if constexpr (sizeof...(Others) == 0 || !movable<Up>) return mayMove<Up>();
    else return mayMoveAll<Others...>();
}

/// The needs that several operators have.
namespace need {

// Functions.

/// An F that is called as const with one argument, which is that part of the batch. One of ours that takes text says `ofText`.
template <class F, template <class> class Argument = RecordOf>
struct Calls {
    template <class Up>
    static constexpr bool holds = CallableWith<F const, Argument<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        using A = Argument<Up>;
        if constexpr (CallableWith<F, A>) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else if constexpr (takesOwnedAlone<F, A>()) {
            static_assert(holds<Up>, "sluice: the function must take text as std::string_view, not as std::string");
        } else if constexpr (requires { F::ofText; }) {
            static_assert(holds<Up>,
                          "sluice: this function takes text, and the records are something else: call it in a function of your own, with "
                          "the part of a record that is text");
        } else if constexpr (givesSecond<Up, A>) {
            static_assert(holds<Up>, "sluice: the function must take the value of a pair alone, by value or as const&");
        } else {
            static_assert(holds<Up>,
                          "sluice: the function must take one record, or its members if it is a pair or tuple, by value or as const&");
        }
    }
};

/// It must give something back: what, the operator says.
template <class F, template <class> class Argument = RecordOf>
struct ReturnsValue {
    template <class Up>
    static constexpr bool holds = isValue<CallResult<F, Argument<Up>>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the function must return a value; to do something with each record is foreachRDD(f)");
    }
};

/// An F that is called as const with an A and a B, of that part of the batch, and answers an A, which takes the place of the one before.
template <class F, template <class> class A, template <class> class B = A>
struct Combines {
    template <class Up>
    static constexpr bool holds = CombinerOf<F const, A<Up>, B<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (CombinerOf<F, A<Up>, B<Up>>) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else if constexpr (combinesOwnedAlone<F, A<Up>, B<Up>>()) {
            static_assert(holds<Up>, "sluice: the function must take text as std::string_view, not as std::string");
        } else if constexpr (std::is_same_v<std::remove_cvref_t<A<Up>>, std::remove_cvref_t<B<Up>>>) {
            static_assert(holds<Up>, "sluice: the function must take two of one type and return one, of a type that can be assigned to");
        } else {
            static_assert(holds<Up>,
                          "sluice: the function must take a result and one record or value more, and return a result, of a type "
                          "that can be assigned to");
        }
    }
};

// Records that are numbers, pairs, keys.

struct Numbers {
    template <class Up>
    static constexpr bool holds = std::is_arithmetic_v<ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the records must be numbers: map them to numbers first");
    }
};

struct Pairs {
    template <class Up>
    static constexpr bool holds = ofPairs<Up>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the records must be pairs of a key and a value");
    }
};

/// Keys that are compared.
template <template <class> class KeyIn>
struct NoPointer {
    template <class Up>
    static constexpr bool holds = !isPointer<KeyIn<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the key must not be a pointer, whose address would be compared: use std::string_view for text");
    }
};

/// Keys that meet.
template <template <class> class KeyIn>
struct Hashed {
    template <class Up>
    static constexpr bool holds = isHashable<KeyIn<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (isPointer<KeyIn<Up>>) {
            static_assert(holds<Up>,
                          "sluice: the key must not be a pointer, whose address would be compared: use std::string_view for text");
        } else {
            static_assert(holds<Up>,
                          "sluice: the key must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers for its type");
        }
    }
};
/// Behind Pairs.
using HashedKey = Hashed<FirstOf>;

/// Whole records that meet.
struct HashedRecord {
    template <class Up>
    static constexpr bool holds = isHashable<ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (isPointer<ValueOf<Up>>) {
            static_assert(holds<Up>,
                          "sluice: the records must not be pointers, whose addresses would be compared: use std::string_view for text");
        } else {
            static_assert(holds<Up>,
                          "sluice: the records must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers for their type");
        }
    }
};

/// Behind HashedKey, HashedRecord: By, of byOf, knows where they go.
template <class By, template <class> class KeyIn = FirstOf>
struct Placed {
    template <class Up>
    static constexpr bool holds = canPartition<By, KeyIn<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the partitioner must answer partition(key) for the key, and compare by ==");
    }
};
template <class By>
using PlacedRecord = Placed<By, ValueOf>;

/// Those of several batches.
template <class... Others>
struct OneType {
    template <class Up>
    static constexpr bool holds = sameRecord<ValueOf<Up>, ValueOf<Others>...>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: all of them must hold records of one type: map those of one side");
    }
};

// What is kept.

/// For as long as the batch, in the tables of an exchange: of views with the bytes that were made on the way.
struct Keepable {
    template <class Up>
    static constexpr bool holds = keepable<Up>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(mayKeep<Up>(),
                      "sluice: the records must not hold views, of a type that the library cannot keep, into what was made "
                      "on the way: map them to a type that owns");
    }
};

/// As Keepable, and whole: those of the batch before it, and of others.
template <class... Others>
struct MovableAll {
    template <class Up>
    static constexpr bool holds = (movable<Up> && ... && movable<Others>);

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(mayMoveAll<Up, Others...>(),
                      "sluice: the records must be copyable, and must not hold views, of a type that the "
                      "library cannot keep, into what was made on the way: map them to a type that owns");
    }
};
using Movable = MovableAll<>;

/// In another record, that of one push.
struct HandedOn {
    template <class Up>
    static constexpr bool holds = std::is_constructible_v<ValueOf<Up>, RecordOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the records must be copyable, or made on the way");
    }
};

/// Beyond the batch.
struct Ownable {
    template <class Up>
    static constexpr bool holds = canOwn<ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(mayOutlive<ValueOf<Up>>(),
                      "sluice: the records must not be views of a type that the library cannot own: "
                      "map them to one that owns what it shows, or specialise sluice::OwnedAs");
    }
};

/// Behind Ownable.
struct Copyable {
    template <class Up>
    static constexpr bool holds = canKeepRecord<RecordOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the records must be copyable, to be kept beyond the batch");
    }
};

/// By a cache, a window: owned, or, within structs, with the text that views look at.
struct Storable {
    template <class Up>
    static constexpr bool holds = canStoreRecord<RecordOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (canStore<ValueOf<Up>>) {
            static_assert(holds<Up>, "sluice: the records must be copyable, to be kept beyond the batch");
        } else {  // said here again: with what Ownable would say, clang tells the user's line too late
            static_assert(mayOutlive<ValueOf<Up>>(),
                          "sluice: the records must not be views of a type that the library cannot own: "
                          "map them to one that owns what it shows, or specialise sluice::OwnedAs");
        }
    }
};

/// Behind Ownable: one takes the place of another.
struct Replaceable {
    template <class Up>
    static constexpr bool holds = canReplaceRecord<RecordOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the records must be copyable and assignable, to be kept beyond the batch");
    }
};

}  // namespace need

}  // namespace sluice::inline SLUICE_ABI::detail
