#pragma once

#include <sluice/exchange/combine.hpp>
#include <sluice/stream/dstream.hpp>

#include <tuple>

// Operators that are given other batches, or other streams, which the one before them meets.

namespace sluice::inline SLUICE_ABI::detail {

/// `Op` with the others that it was given: all of them streams, or all of them batches. It has `label` and
///
///   Asks<Batches...>             its needs, where these are the batches of the others
///   ofBatches(up, others...)     the expression
///   ofStreams(node, others...)   the stream
template <class Op, class... Ss>
struct Together : std::conditional_t<(isDStream<Ss> && ...), StreamOpBase, BatchOpBase>, Op::template Asks<typename Ss::Batch...> {
    Op op;
    std::tuple<Ss...> others;
    Label label;

    Together(Op o, Ss... all) : op(std::move(o)), others(std::move(all)...), label(op.label) {}

    template <class S>
    static consteval void misplaced()
    {
        static_assert(ofOneKind<S, Ss...>, "sluice: a stream meets streams, a batch meets batches");
    }

    template <class Up>
    auto on(Up up) const
    {
        return std::apply([&](auto const&... other) { return op.ofBatches(std::move(up), other.node()...); }, others);
    }
    template <class Node>
    auto attach(Node node) const
    {
        return std::apply([&](auto const&... other) { return op.ofStreams(std::move(node), other.node()...); }, others);
    }
};

/// Whoever calls it has said why, where they are not of one kind.
template <class Op, class... Ss>
auto together(Op op, Ss... others)
{
    if constexpr (ofOneKind<Ss...>) return Together<Op, Ss...>{std::move(op), std::move(others)...};
    else return Refused{};
}

/// Functions of several arguments: `Fn::make(at, arguments...)`. No default argument, such as the place of the call, can stand behind a
/// pack: so up to five are written out; with more arguments errors do not tell the place.
template <class Fn>
struct OfSeveral : OperatorFnBase {
    template <class A>
    [[nodiscard]] auto operator()(A a, CallSite at = CallSite::here()) const
    {
        return Fn::make(at, std::move(a));
    }
    template <class A, class B>
    [[nodiscard]] auto operator()(A a, B b, CallSite at = CallSite::here()) const
    {
        return Fn::make(at, std::move(a), std::move(b));
    }
    template <class A, class B, class C>
    [[nodiscard]] auto operator()(A a, B b, C c, CallSite at = CallSite::here()) const
    {
        return Fn::make(at, std::move(a), std::move(b), std::move(c));
    }
    template <class A, class B, class C, class D>
    [[nodiscard]] auto operator()(A a, B b, C c, D d, CallSite at = CallSite::here()) const
    {
        return Fn::make(at, std::move(a), std::move(b), std::move(c), std::move(d));
    }
    template <class A, class B, class C, class D, class E>
    [[nodiscard]] auto operator()(A a, B b, C c, D d, E e, CallSite at = CallSite::here()) const
    {
        return Fn::make(at, std::move(a), std::move(b), std::move(c), std::move(d), std::move(e));
    }
    template <class A, class B, class C, class D, class E, class F, class... More>
    [[nodiscard]] auto operator()(A a, B b, C c, D d, E e, F f, More... more) const
    {
        return Fn::make({}, std::move(a), std::move(b), std::move(c), std::move(d), std::move(e), std::move(f), std::move(more)...);
    }
};

template <class... Ts>
using LastArgument = std::tuple_element_t<sizeof...(Ts) - 1, std::tuple<Ts...>>;

/// f(last, others...) of (others..., last).
template <class F, class... Ts>
auto withLastFirst(F const& f, Ts&... all)
{
    std::tuple<Ts&...> const refs{all...};
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return f(std::get<sizeof...(I)>(refs), std::get<I>(refs)...);
    }(std::make_index_sequence<sizeof...(Ts) - 1>{});
}

/// A wide operator that others meet in an exchange. `Kind` says which, and has
///
///   spelled
///   Asks<By, Others...>     its needs
///   Exchange<Op, Ups...>    where they meet
///   Batch<Exchange>         the expression of what that has made
///   Records                 optional: what is made of its entries (FromEntries)
///
/// All of it is known to Op, the operator: it has what Kind has.
template <class Kind, class By>
struct Meeting : WideBase, Kind, ByKeyOp<Kind, By> {
    using Meeting::ByKeyOp::ByKeyOp;

    template <class... Ups>
    using Exchange = typename Kind::template Exchange<Meeting, Ups...>;
    template <class... Ups>
    using Batch = typename Kind::template Batch<Exchange<Ups...>>;
    template <class... Others>
    using Asks = typename Kind::template Asks<By, Others...>;

    template <class... Ups>
    auto ofBatches(Ups... ups) const
    {
        return exchanged(*this, std::move(ups)...).node();
    }
    template <class... Nodes>
    auto ofStreams(Nodes... nodes) const
    {
        return nodeStream<WideNode>(*this, std::move(nodes)...);
    }
};

/// Kinds whose exchange stores what it makes.
struct MeetInTables {
    template <class Owner>
    using Batch = StoredBatch<Owner>;
};

/// `join(other)`, `join(other, 4)`, `join(other, partitioner)`.
template <class Kind>
struct MeetingMaker : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice: a stream meets streams, a batch meets batches");
        Label const label{Kind::spelled, at};
        auto meeting = together(Meeting<Kind, ByOf<P>>{byOf(std::move(partitions), label), at}, std::move(other));
        if constexpr (requires { typename Kind::Records; }) return std::move(meeting) | FromEntries<typename Kind::Records>{label};
        else return meeting;
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
