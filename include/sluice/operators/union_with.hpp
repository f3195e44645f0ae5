#pragma once

#include <sluice/batch/joined_batches.hpp>
#include <sluice/operators/detail/meeting.hpp>
#include <sluice/stream/several.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Whether it is an RDD<T> or a DStream<T>, or unites one: a loop may have made it, and their unions are kept flat (JoinedBatches,
/// UnitedStreams), however many there are.
template <class Up, class Any>
inline constexpr bool unitesAny = std::is_same_v<Up, Any> || requires { requires Up::joinsAny; };

/// Records of several batches, one after another: their partitions are appended.
template <class... Ups>
class UnionBatch {
    template <class T>
    using Bare = std::remove_cvref_t<T>;
    using FirstRecord = RecordOf<std::tuple_element_t<0, std::tuple<Ups...>>>;
    static constexpr bool alike = (std::is_same_v<FirstRecord, RecordOf<Ups>> && ...);

public:
    using Record = std::conditional_t<alike, FirstRecord, Bare<FirstRecord> const&>;
    static constexpr bool stored = alike && (Ups::stored && ...);
    static constexpr bool stable = (Ups::stable && ...);
    static constexpr bool joinsAny = (unitesAny<Ups, AnyBatch<Bare<FirstRecord>>> || ...);

    constexpr explicit UnionBatch(Ups... ups) : ups_(static_cast<Ups&&>(ups)...) {}

    [[nodiscard]] constexpr bool resumable() const
    {
        return std::apply([](auto const&... up) { return (up.resumable() && ...); }, ups_);
    }
    [[nodiscard]] constexpr std::size_t partitions() const
    {
        return std::apply([](auto const&... up) { return (up.partitions() + ...); }, ups_);
    }
    [[nodiscard]] constexpr bool isEmpty(std::size_t p) const
    {
        return with(p, [](auto const& up, std::size_t q) { return up.isEmpty(q); });
    }
    [[nodiscard]] constexpr auto place() const
    {
        return std::apply([](auto const&... up) { return placeOf(up.place()...); }, ups_);
    }
    constexpr void prepare() const
    {
        std::apply([](auto const&... up) { (up.prepare(), ...); }, ups_);
    }

    /// Any batch of these.
    [[nodiscard]] auto joined() const
        requires joinsAny
    {
        using T = Bare<FirstRecord>;
        return AnyBatch<T>{std::apply(
            [](auto const& first, auto const&... rest) {
                auto all = anyBatch<T>(first).batch();
                ((all = joinedOf<T>(all, anyBatch<T>(rest).batch())), ...);
                return all;
            },
            ups_)};
    }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return with(p, [&](auto const& up, std::size_t q) {
            if constexpr (std::is_same_v<Record, RecordOf<decltype(up)>>) {
                return up.each(q, from, sink);
            } else {
                ConstStep<Sink> step{static_cast<Sink&&>(sink)};
                auto const at = up.each(q, from, step);
                sink = static_cast<Sink&&>(step.next);
                return at;
            }
        });
    }

private:
    /// Makes one record type of values and references.
    template <class Next>
    struct ConstStep {
        Next next;
        constexpr bool operator()(Bare<Record> const& record) { return next(record); }
    };

    template <std::size_t I = 0, class F>
    constexpr auto with(std::size_t p, F const& f) const
    {
        auto const& up = std::get<I>(ups_);
        if constexpr (I + 1 == sizeof...(Ups)) {
            return f(up, p);
        } else {
            return p < up.partitions() ? f(up, p) : with<I + 1>(p - up.partitions(), f);
        }
    }

    std::tuple<Ups...> ups_;
};

template <class... Nodes>
class UnionStream {
public:
    using Batch = UnionBatch<typename Nodes::Batch...>;
    using T = ValueOf<Batch>;
    static constexpr bool joinsAny = (unitesAny<Nodes, AnyStream<T>> || ...);

    UnionStream(Label label, Nodes... nodes) : label_(label), nodes_(static_cast<Nodes&&>(nodes)...)
    {
        std::apply(
            [&](auto const&... node) {
                requireAlike(label_, node...);
                std::size_t const behind[] = {node.stepId()...};
                step_ = graph()->addStep(DrawnStep::narrow, label_, behind, sizeof...(Nodes), 0);  // a union of unions is one
            },
            nodes_);
    }

    [[nodiscard]] std::optional<Batch> at(Time t) const
    {
        return std::apply(
            [&](auto const&... node) -> std::optional<Batch> {
                if (offGridOf(t, node...)) return std::nullopt;
                return Batch{batchOf(label_, node, t)...};
            },
            nodes_);
    }
    [[nodiscard]] Counted<GraphCore> const& graph() const { return std::get<0>(nodes_).graph(); }
    [[nodiscard]] Duration slide() const { return std::get<0>(nodes_).slide(); }
    void name(char const* text)
    {
        label_.name = text;
        graph()->renameStep(step_, text);
    }
    [[nodiscard]] Label label() const { return label_; }
    [[nodiscard]] std::size_t stepId() const { return step_; }

    /// Any stream of these.
    [[nodiscard]] AnyStream<T> joined() const
        requires joinsAny
    {
        typename UnitedStreams<T>::Parts parts;
        std::apply([&parts](auto const&... node) { (parts.push_back(anyStream<T>(node).stream()), ...); }, nodes_);
        return AnyStream<T>{Counted<AnyStreamBase<T>>{addNode<UnitedStreams<T>>(graph(), label_, step_, parts)}};
    }

private:
    Label label_;
    std::size_t step_ = 0;
    std::tuple<Nodes...> nodes_;
};

struct UnionWith {
    Label label;

    template <class... Others>
    using Asks = Needs<need::OneType<Others...>>;

    template <class... Ups>
    auto ofBatches(Ups... ups) const
    {
        return UnionBatch<Ups...>{std::move(ups)...};
    }
    template <class... Nodes>
    auto ofStreams(Nodes... nodes) const
    {
        return streamOf(UnionStream<Nodes...>{label, std::move(nodes)...});
    }
};

struct UnionWithFn : OfSeveral<UnionWithFn> {
    template <class... Ss>
    static auto make(CallSite at, Ss... others)
    {
        static_assert(ofOneKind<Ss...>, "sluice: a stream meets streams, a batch meets batches");
        return together(UnionWith{{"unionWith", at}}, std::move(others)...);
    }
};

}  // namespace detail

/// The records of this stream and of others: `a | unionWith(b, c)`; and so of batches.
///
/// Narrow: partitions are appended, order and duplicates kept; nothing moves. All hold records of one type, belong to
/// one context and have the same slide duration (`InvalidArgument`). Empty batches add nothing; *no RDD* of any of them
/// is a `StreamError`.
///
/// ```cpp
/// auto all = rdd({1, 2}) | unionWith(rdd({3}), rdd({1}));
/// CHECK((all | collect()) == std::vector{1, 2, 3, 1});
/// CHECK(all.numPartitions() == 3);
/// ```
inline constexpr detail::UnionWithFn unionWith{};

}  // namespace sluice::inline SLUICE_ABI
