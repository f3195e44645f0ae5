#pragma once

#include <sluice/batch/needs.hpp>
#include <sluice/state/window_stream.hpp>
#include <sluice/stream/dstream.hpp>

#include <concepts>

// What windows and states ask of records, functions and states, and how they are made. What they keep outlives the batch that it
// comes from.

namespace sluice::inline SLUICE_ABI::detail {

template <class F, class V>
inline constexpr bool combinesOwned = requires(F const& f, Owned<V> const& a) { static_cast<Owned<V>>(f(a, a)); };
template <class T>
inline constexpr bool isCopyable = std::copyable<T>;

namespace need {

/// Behind Pairs.
struct CopyableValue {
    template <class Up>
    static constexpr bool holds = std::is_copy_constructible_v<SecondOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice: the values must be copyable: they are handed to a function more than once, or are in several "
                      "windows");
    }
};

/// Behind Pairs: keys that are kept, of values that need not be.
struct OwnableKey {
    template <class Up>
    static constexpr bool holds = canOwn<FirstOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(mayOutlive<FirstOf<Up>>(),
                      "sluice: the key must not be a view of a type that the library cannot own: map it to one "
                      "that owns what it shows, or specialise sluice::OwnedAs");
    }
};

/// Behind Combines and Ownable: what an F makes of that part of records is kept in a window. Where values of one batch meet as they
/// come, what it makes of views must be one of these.
template <class F, template <class> class In, bool asTheyCome>
struct CombinesKept {
    template <class Up>
    static constexpr bool holds = combinesOwned<F, In<Up>> && !(asTheyCome && combinesToTemporary<F const, In<Up>, In<Up>>());

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the function must take and return what owns what it shows, too: map text to std::string first");
    }
};

/// Behind CombinesKept: an inverse, or none.
template <class Inv, class NoInverse, template <class> class In>
struct TakesBack {
    template <class Up>
    static constexpr bool holds = std::is_same_v<Inv, NoInverse> || combinesOwned<Inv, In<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice: the inverse must take what the function has made and one of what it was made of, and return what "
                      "there had been without that");
    }
};

/// First of all: S was seen, or said.
template <class S>
struct KnownState {
    template <class Up>
    static constexpr bool holds = !std::is_void_v<S>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice: what type the state has is not to be seen: the last parameter of the function must be a "
                      "State<S>&, or in updateStateByKey a std::optional<S>, or S must be given: mapWithState<S>(spec), "
                      "updateStateByKey<S>(f)");
    }
};

template <class S>
struct CopyableState {
    template <class Up>
    static constexpr bool holds = isCopyable<S>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the state must be copyable and assignable: a batch that fails leaves it as it was");
    }
};

template <class S>
struct OwningState {
    template <class Up>
    static constexpr bool holds = holdOf<S>() == Hold::owns;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (holdOf<S>() == Hold::covered) {
            static_assert(holds<Up>,
                          "sluice: the state outlives all batches, and must own what it shows: a std::string, not a "
                          "std::string_view");
        } else {
            static_assert(mayOutlive<S>(), "sluice: the state must not hold views: it outlives all batches");
        }
    }
};

/// What a state for each key asks before its function is looked at.
template <class S, class By>
using KeyedState = Needs<KnownState<S>, Pairs, HashedKey, CopyableState<S>, Placed<By>, OwningState<S>, Movable, CopyableValue, OwnableKey>;

}  // namespace need

/// An operator with a state S for each key, of which F knows what comes next, and which may begin with states.
template <class S, class F, class Start>
struct OfStates : StreamOpBase {
    using State = S;
    using Function = F;
    using Initial = Start;
};

/// An operator that is two nodes, a wide one and one that lasts, and one step in drawings.
template <template <class, class...> class Lasting, class Wide, class Op, class Node>
auto lastingBehind(Label const& label, Wide wide, Op op, Node node)
{
    wide.label = label;
    auto const step = node.graph()->addStep(DrawnStep::node, label, {node.stepId()});
    auto apart = innerStream<WideNode>(step, std::move(wide), std::move(node));
    return innerStream<Lasting>(step, std::move(op), std::move(apart).node());
}

/// A wide operator by key, of whose results a window keeps one value for each key.
template <class Wide, class Window>
struct KeyedWindowOp : StreamOpBase {
    Wide wide;
    Window window;
    Label label;

    KeyedWindowOp(Wide op, Window over) : wide(std::move(op)), window(std::move(over)), label(window.label) {}

    template <class Node>
    auto attach(Node node) const
    {
        static_cast<void>(window.grid.over(label, node.slide()));
        return lastingBehind<KeyedWindowNode>(label, wide, window, std::move(node));
    }
};

/// `window(30s)`, `window(30s, 10s)`.
template <class Op>
struct WindowMaker : OperatorFnBase {
    [[nodiscard]] constexpr Op operator()(Length window, std::optional<Length> slide = {}, CallSite at = CallSite::here()) const
    {
        return Op{{window, slide}, at};
    }
};

/// `groupByKeyAndWindow(30s)`, `groupByKeyAndWindow(30s, 10s, 4)`. Op<By> is made of what byOf gives, and has `spelled`, its name.
template <template <class> class Op>
struct WindowByKeyMaker : OperatorFnBase {
    template <Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(Length window, std::optional<Length> slide = {}, P partitions = {}, CallSite at = CallSite::here()) const
    {
        using Made = Op<ByOf<P>>;
        return Made{byOf(std::move(partitions), {Made::spelled, at}), {window, slide}, at};
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
