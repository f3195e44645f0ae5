#pragma once

#include <sluice/batch/needs.hpp>
#include <sluice/batch/operator.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What stands before a `|`: a batch, a stream. It has `Batch`, its expression, `Asked<Op>`, what the needs of an operator are asked
/// about, `fits<Op>` and `apply(node, op)`.
template <class S>
concept Pipeable = requires {
    typename std::remove_cvref_t<S>::Batch;
    { std::remove_cvref_t<S>::template fits<OperatorBase> } -> std::convertible_to<bool>;
};

// Of these a failing static_assert shows the type; of a concept it shows how it was found out.
template <class T>
inline constexpr bool isPipeable = Pipeable<T>;
template <class T>
inline constexpr bool isOperator = AnyOperator<T>;
template <class T>
inline constexpr bool isOperatorFn = OperatorFn<T>;

template <std::size_t I, class S, class P>
constexpr auto pipeAll(S&& s, P&& pipeline);

/// An operator that is refused, and what it was to stand behind.
template <class S, class O>
struct Refusal {
    using From = S;
    using Op = O;
};

template <class S, class O>
concept Fitting = Pipeable<S> && S::template fits<O>;
template <class S, class O>
concept Accepting = Fitting<S, O> && O::template accepts<typename S::template Asked<O>>;

/// The first operator of a pipeline that is refused behind a batch or stream S; void where none is.
template <class S, class... Ops>
struct FirstRefusal {
    using type = void;
};
template <class S, class Op, class... Rest>
struct FirstRefusal<S, Op, Rest...> {
    using type = Refusal<S, Op>;
};
template <class S, class Op, class... Rest>
    requires Accepting<S, Op>
struct FirstRefusal<S, Op, Rest...> : FirstRefusal<decltype(std::declval<S>() | std::declval<Op>()), Rest...> {};
template <class S, class Op>
    requires Accepting<S, Op>
struct FirstRefusal<S, Op> {
    using type = void;
};

/// Says what an operator stands behind that has no meaning behind S.
template <class Op, class S>
consteval void explainKind()
{
    if constexpr (std::derived_from<Op, ActionBase>) {
        static_assert(!std::derived_from<Op, ActionBase>,
                      "sluice: this action must stand behind a batch; in a stream write foreachRDD(f), and in f: batch | action()");
    } else if constexpr (std::derived_from<Op, BatchOpBase>) {
        static_assert(!std::derived_from<Op, BatchOpBase>, "sluice: a stream meets streams, a batch meets batches");
    } else if constexpr (std::derived_from<Op, OutputBase>) {
        static_assert(
            !std::derived_from<Op, OutputBase>,
            "sluice: an output must stand behind a stream; with a batch use foreach(f), foreachPartition(f) or saveAsTextFile(path)");
    } else {
        static_assert(std::derived_from<Op, BatchOpBase>, "sluice: it must stand behind a stream: a batch is of one time");
    }
}

template <class S, class Op>
struct RefusalIn : FirstRefusal<S, Op> {};
template <class S, class... Ops>
struct RefusalIn<S, Pipeline<Ops...>> : FirstRefusal<S, Ops...> {};

}  // namespace detail

/// `batch | op`, `stream | op`: the same pipeline, one operator longer; `batch | action()`: its value;
/// `stream | output()`: registers the output.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | map([](int x) { return x + 1; }) | reduce(std::plus{})) == 9);
/// ```
template <detail::Pipeable S, detail::AnyOperator X>
constexpr auto operator|(S&& s, X&& x)
{
    // Errors stand here, so that the user's line is the next one told.
    using From = std::remove_cvref_t<S>;
    using Op = std::remove_cvref_t<X>;
    if constexpr (detail::Accepting<From, Op>) {
        return From::apply(static_cast<S&&>(s).node(), static_cast<X&&>(x));
    } else {
        using Refusal = typename detail::RefusalIn<From, Op>::type;
        if constexpr (std::is_void_v<Refusal>) {
            return detail::pipeAll<0>(static_cast<S&&>(s), static_cast<X&&>(x));
        } else {
            using Before = typename Refusal::From;
            using Part = typename Refusal::Op;
            if constexpr (!detail::Pipeable<Before>) {
                static_assert(detail::isPipeable<Before>, "sluice: an action ends a pipeline: what it gives is no batch");
            } else if constexpr (!detail::Fitting<Before, Part>) {
                if constexpr (requires { Part::template misplaced<Before>; }) Part::template misplaced<Before>();
                else detail::explainKind<Part, Before>();
            } else {
                using Asked = typename Before::template Asked<Part>;
                Part::template Broken<Asked>::template explain<Part, Asked>();
            }
            return detail::Refused{};
        }
    }
}

namespace detail {

template <std::size_t I, class S, class P>
constexpr auto pipeAll(S&& s, P&& pipeline)
{
    constexpr std::size_t size = decltype(boost::hana::length(pipeline.ops))::value;
    if constexpr (I == size) {
        return static_cast<S&&>(s);
    } else if constexpr (I + 1 == size) {
        return static_cast<S&&>(s) | boost::hana::at_c<I>(static_cast<P&&>(pipeline).ops);
    } else {
        return pipeAll<I + 1>(static_cast<S&&>(s) | boost::hana::at_c<I>(static_cast<P&&>(pipeline).ops), static_cast<P&&>(pipeline));
    }
}

}  // namespace detail

/// `op | op`: a pipeline without a source, to store, name, test and use again, on batches and on streams.
///
/// ```cpp
/// constexpr auto evens = filter([](int x) { return x % 2 == 0; }) | map([](int x) { return x / 2; });
/// static_assert((rdd({1, 2, 4}) | evens | reduce([](int a, int b) { return a + b; })) == 3);
/// CHECK((rdd({1, 2, 4}) | evens | count()) == 2);
/// ```
template <detail::AnyOperator A, detail::AnyOperator B>
[[nodiscard]] constexpr auto operator|(A&& a, B&& b)
{
    using First = std::remove_cvref_t<A>;
    if constexpr (detail::endsPipeline<First>) {
        static_assert(!detail::endsPipeline<First>, "sluice: an output ends a pipeline: nothing stands behind it");
        return detail::Refused{};
    } else {
        return detail::pipelineOf(detail::joined(detail::asTuple(static_cast<A&&>(a)), detail::asTuple(static_cast<B&&>(b))));
    }
}

// Behind either, what is no operator.
template <class A, class X>
    requires((detail::Pipeable<A> || detail::AnyOperator<A>) && !detail::AnyOperator<X>)
constexpr auto operator|(A&&, X&&)
{
    using Op = std::remove_cvref_t<X>;
    if constexpr (detail::OperatorFn<Op>) {
        static_assert(!detail::isOperatorFn<Op>, "sluice: an operator stands in a pipe with its call: `| count()`, not `| count`");
    } else if constexpr (!detail::isRefused<Op>) {
        static_assert(detail::isOperator<Op>, "sluice: behind | stands an operator or an output; a function goes into one, as in map(f)");
    }
    return detail::Refused{};
}
template <class A>
    requires(detail::Pipeable<A> || detail::AnyOperator<A>)
constexpr detail::Refused operator|(A&&, detail::UncalledFn)
{
    static_assert(detail::isRefused<A>, "sluice: an operator stands in a pipe with its call: `| flatMap(f)`, not `| flatMap`");
    return {};
}

// One mistake, one error: what was refused absorbs the rest of the pipe.
template <class R, class X>
    requires detail::isRefused<R>
constexpr R&& operator|(R&& refused, X&&)
{
    return static_cast<R&&>(refused);
}

namespace detail {
using sluice::operator|;  // operators and what is refused are of this namespace: `sluice::filter(f) | sluice::map(g)`
}

}  // namespace sluice::inline SLUICE_ABI
