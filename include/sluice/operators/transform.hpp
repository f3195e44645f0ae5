#pragma once

#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// f(rdd), or f(rdd, time).
template <class F, class R>
concept BatchFunction = requires(F const& f, R r) { f(std::move(r)); } || requires(F const& f, R r, Time t) { f(std::move(r), t); };

/// The type of the parameter that a function names, where it is no template.
template <class R, class A, class... Rest>
std::type_identity<A> parameterOf(R (*)(A, Rest...));
template <class C, class R, class A, class... Rest>
std::type_identity<A> parameterOf(R (C::*)(A, Rest...));
template <class C, class R, class A, class... Rest>
std::type_identity<A> parameterOf(R (C::*)(A, Rest...) const);

/// Whether f names a batch of other records than T: any RDD<U> seems to be made of any batch, up to its inside.
template <class F, class T>
consteval bool takesOtherBatch()
{
    constexpr auto isOther = []<class A>(std::type_identity<A>) {
        if constexpr (isRDD<std::remove_cvref_t<A>>) return !std::is_same_v<typename std::remove_cvref_t<A>::Value, T>;
        else return false;
    };
    if constexpr (requires(F const& f) { parameterOf(f); }) return isOther(decltype(parameterOf(std::declval<F>())){});
    else if constexpr (requires { parameterOf(&F::operator()); })
        return isOther(decltype(parameterOf(&F::operator())){});
    else return false;
}

template <class F, class R>
decltype(auto) callBatch(F const& f, R rdd, Time t)
{
    if constexpr (requires { f(std::move(rdd), t); }) return f(std::move(rdd), t);
    else return f(std::move(rdd));
}

template <class Up>
using RddOn = RDD<ValueOf<Up>, Up>;

template <class F, class Up>
using TransformResult = std::remove_cvref_t<decltype(callBatch(std::declval<F const&>(), std::declval<RddOn<Up>>(), Time{}))>;

/// The batch that the function made, once.
template <class Node>
struct Made : RefCounted {
    std::optional<Node> node;
    void clear() { node.reset(); }
};

template <class Up, class Op>
struct TransformNode final : StreamNode {
    using Batch = std::remove_cvref_t<decltype(std::declval<TransformResult<decltype(Op::f), typename Up::Batch>>().node())>;

    TransformNode(Counted<GraphCore> const& owner, Up upstream, Op operation)
        : StreamNode(owner, operation.label), up(static_cast<Up&&>(upstream)), op(static_cast<Op&&>(operation))
    {
    }

    [[nodiscard]] std::optional<Batch> at(Time t)
    {
        if (auto const known = memo.find(t)) return *known->node;
        auto batch = up.at(t);
        if (!batch) throw StreamError{label, "there is no RDD of its stream at " + t.toString()};
        auto const made = memo.findOr(t, [&](Made<Batch>& slot) {
            try {
                slot.node.emplace(callBatch(op.f, rddOf(*std::move(batch)), t).node());
            } catch (...) {
                failIn(label);
            }
        });
        return *made->node;
    }

    [[nodiscard]] Duration slide() const { return up.slide(); }
    void evict(Time upTo) override { memo.evict(upTo); }

    Up up;
    Op op;
    Memo<Made<Batch>> memo;
};

template <class F>
struct Transform : StreamOpBase {
    [[no_unique_address]] F f;
    Label label;

    constexpr Transform(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"transform", at} {}

    template <class Up>
    static consteval bool givesBatch()
    {
        if constexpr (!BatchFunction<F, RddOn<Up>> || takesOtherBatch<F, ValueOf<Up>>()) return false;
        else return isRDD<TransformResult<F, Up>>;
    }
    template <class Up>
    static constexpr bool accepts = givesBatch<Up>();

    template <class Up>
    static consteval void require()
    {
        static_assert(BatchFunction<F, RddOn<Up>> || !BatchFunction<F&, RddOn<Up>>,
                      "sluice::transform(f): f is called as const: no mutable lambda");
        static_assert(BatchFunction<F, RddOn<Up>> || BatchFunction<F&, RddOn<Up>>,
                      "sluice::transform(f): f must take a batch, or a batch and its time: f(rdd) or f(rdd, time)");
        static_assert(!takesOtherBatch<F, ValueOf<Up>>(),
                      "sluice::transform(f): f must take a batch of the stream's own records, or auto");
        if constexpr (BatchFunction<F, RddOn<Up>> && !takesOtherBatch<F, ValueOf<Up>>()) {
            using Result = TransformResult<F, Up>;  // what was refused has said so
            static_assert(isRDD<Result> || isRefused<Result>,
                          "sluice::transform(f): f must return a batch; foreachRDD(f) does something with each");
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::transform(f): must stand behind a stream; with a batch call f itself");
    }

    template <class Node>
    auto attach(Node node) const&
    {
        return shared<TransformNode<Node, Transform>>(static_cast<Node&&>(node), Transform(*this));
    }
    template <class Node>
    auto attach(Node node) &&
    {
        return shared<TransformNode<Node, Transform>>(static_cast<Node&&>(node), std::move(*this));
    }
};

struct TransformFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return Transform<F>{static_cast<F&&>(f), at};
    }
};

}  // namespace detail

/// Any function from batch to batch: f(rdd) or f(rdd, time), called once for each batch when its jobs are described.
///
/// On streams only. f is called as const, by the job thread; the batch that it returns takes the operators it was piped
/// into, so they may be local variables of f. What f refers to is read anew for each batch. Partitions and order: f's.
/// An empty batch is given to f as it is; *no RDD* is a `StreamError`.
///
/// ```cpp
/// auto out = testing::runBatches<int>({{3, 1}, {}}, [](auto in) {
///     return in | transform([](auto batch) {
///         auto positive = filter([](int x) { return x > 1; });
///         return batch | positive;
///     });
/// });
/// CHECK(out == testing::Batches<int>{{3}, {}});
/// ```
inline constexpr detail::TransformFn transform{};

}  // namespace sluice::inline SLUICE_ABI
