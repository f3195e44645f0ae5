#pragma once

#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// f(rdd), or f(rdd, time); of several batches f(rdd1, rdd2) or f(rdd1, rdd2, time).
template <class F, class... Rs>
concept BatchFunction =
    requires(F const& f, Rs... rs) { f(std::move(rs)...); } || requires(F const& f, Rs... rs, Time t) { f(std::move(rs)..., t); };

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
    else if constexpr (requires { parameterOf(&F::operator()); }) return isOther(decltype(parameterOf(&F::operator())){});
    else return false;
}

template <class F, class... Rs>
decltype(auto) callBatch(Time t, F const& f, Rs... rdds)
{
    if constexpr (requires { f(std::move(rdds)..., t); }) return f(std::move(rdds)..., t);
    else return f(std::move(rdds)...);
}

template <class Up>
using RddOn = RDD<ValueOf<Up>, Up>;

template <class F, class... Ups>
using TransformResult = std::remove_cvref_t<decltype(callBatch(Time{}, std::declval<F const&>(), std::declval<RddOn<Ups>>()...))>;

/// The batch that the function made: it runs where the stream does, whatever it was made of. What stands behind it asks its
/// place into how many partitions it goes, and that must be the same for each batch.
template <class Node>
class Transformed : public RecordsAs<Node> {
public:
    Transformed(Node node, EnginePlace place) : node_(static_cast<Node&&>(node)), place_(std::move(place)) {}

    [[nodiscard]] bool resumable() const { return node_.resumable(); }
    [[nodiscard]] std::size_t partitions() const { return node_.partitions(); }
    [[nodiscard]] auto partitioning() const
        requires requires(Node const& n) { n.partitioning(); }
    {
        return node_.partitioning();
    }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return node_.isEmpty(p); }
    [[nodiscard]] EnginePlace const& place() const { return place_; }
    void prepare() const { node_.prepare(); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return node_.each(p, from, sink);
    }
    template <class F>
    std::size_t eachSpan(std::size_t p, std::size_t from, F&& f) const
        requires requires(Node const& n) { n.eachSpan(p, from, f); }
    {
        return node_.eachSpan(p, from, f);
    }

private:
    Node node_;
    EnginePlace place_;
};

/// What a function answers that is given batches: a batch, which is made once.
template <class Result>
using BatchOfResult = Transformed<std::remove_cvref_t<decltype(std::declval<Result>().node())>>;

template <class Batch>
struct Made : RefCounted {
    Maybe<Batch> batch;

    template <class F, class... Args>
    void make(StreamNode const& node, Time t, F const& f, Args... args)
    {
        runIn(node.label, [&] { batch.emplace(Batch{callBatch(t, f, std::move(args)...).node(), node.graph->place()}); });
    }
    void clear() { batch.reset(); }
};

template <class Op, class... Ups>
using MadeOf = Made<BatchOfResult<TransformResult<decltype(Op::f), typename Ups::Batch...>>>;

template <class Op, class... Ups>
struct TransformNode final : OperatorNode<MadeOf<Op, Ups...>, Op, Ups...> {
    using Batch = BatchOfResult<TransformResult<decltype(Op::f), typename Ups::Batch...>>;
    using TransformNode::OperatorNode::OperatorNode;

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        auto const known = this->template made<false>(
            t, [&](auto& fresh, auto... batches) { fresh.make(*this, t, this->shared->value.f, rddOf(std::move(batches))...); });
        if (!known) return {};
        return *known->batch;
    }
};

/// What a node keeps of a function over batches.
template <class F>
struct BatchFn {
    [[no_unique_address]] F f;
    Label label;
};

/// It is given a batch, with one of each other stream.
template <class F, class... Others>
struct TakesBatch {
    template <class Up>
    static constexpr bool holds = BatchFunction<F, RddOn<Up>, RddOn<Others>...>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (BatchFunction<F&, RddOn<Up>, RddOn<Others>...>) {
            static_assert(holds<Up>, "sluice: the function is called as const: no mutable lambda");
        } else if constexpr (sizeof...(Others) == 0) {
            static_assert(holds<Up>, "sluice: the function must take a batch, or a batch and its time: f(rdd) or f(rdd, time)");
        } else {
            static_assert(holds<Up>,
                          "sluice: the function must take a batch of each stream, or these and their time: f(rdd, other) or "
                          "f(rdd, other, time)");
        }
    }
};
template <class F>
struct TakesOwnRecords {
    template <class Up>
    static constexpr bool holds = !takesOtherBatch<F, ValueOf<Up>>();

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: the function must take a batch of the stream's own records, or auto");
    }
};
template <class F, class... Others>
struct ReturnsBatch {
    template <class Up>
    static constexpr bool holds = isRDD<TransformResult<F, Up, Others...>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up> || isRefused<TransformResult<F, Up, Others...>>,  // of which it has been said
                      "sluice: the function must return a batch; foreachRDD(f) does something with each");
    }
};

template <class F>
struct Transform : StreamOpBase, Needs<TakesBatch<F>, TakesOwnRecords<F>, ReturnsBatch<F>> {
    [[no_unique_address]] F f;
    Label label;

    constexpr Transform(F fn, CallSite at) : f(std::move(fn)), label{"transform", at} {}

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::transform(f): must stand behind a stream; with a batch call f itself");
    }

    template <class Node>
    auto attach(Node node) const&
    {
        return nodeStream<TransformNode>(BatchFn<F>{f, label}, static_cast<Node&&>(node));
    }
    template <class Node>
    auto attach(Node node) &&
    {
        return nodeStream<TransformNode>(BatchFn<F>{static_cast<F&&>(f), label}, static_cast<Node&&>(node));
    }
};

}  // namespace detail

/// Any function from batch to batch: f(rdd) or f(rdd, time), called once for each batch when its jobs are planned.
///
/// On streams only. f is called as const, by the job thread; the batch that it returns takes the operators it was piped
/// into, so they may be local variables of f. What f refers to is read anew for each batch. Partitions and order: f's; also a batch
/// that f makes of its own runs on the context's workers.
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
inline constexpr detail::FunctionMaker<detail::Transform> transform{};

}  // namespace sluice::inline SLUICE_ABI
