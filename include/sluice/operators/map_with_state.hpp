#pragma once

#include <sluice/batch/collect_sink.hpp>
#include <sluice/operators/detail/over_time.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/state/state_function.hpp>
#include <sluice/state/state_spec.hpp>
#include <sluice/state/state_stream.hpp>
#include <sluice/state/state_table.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The types of it that do not depend on how the stream before it is made.
template <class S, class F, class Q, class V>
struct MappedState {
    static constexpr StateForm form = stateFormOf<F const, Q, V, S>();
    using Returned = typename decltype(stateResultOf<form, F, Q, V, S>())::type;
    using M = Owned<typename OptionalOf<Returned>::Element>;
    using Table = StateTable<Owned<Q>, S>;
    using Step = PartsStep<StateStep<Table>, KeepSink<M>>;  // its parts are what the function has returned
};

template <class Op, class Batch>
using MappedBy = MappedState<typename Op::State, typename Op::Function, FirstOf<Batch>, SecondOf<Batch>>;

template <class Op, class Up>
struct MapWithStateNode final
    : StateNode<typename MappedBy<Op, typename Up::Batch>::Table, Up, typename MappedBy<Op, typename Up::Batch>::Step> {
    using Q = FirstOf<typename Up::Batch>;
    using V = SecondOf<typename Up::Batch>;
    using S = typename Op::State;
    using Mapped = MappedBy<Op, typename Up::Batch>;
    using M = typename Mapped::M;
    using Table = typename Mapped::Table;
    using Step = typename Mapped::Step;
    using Batch = StoredBatch<Step>;

    MapWithStateNode(Counted<GraphCore> const& owner, Op const& op, Up upstream)
        : MapWithStateNode::StateNode(owner, op.label, std::move(upstream)), spec(op.spec)
    {
    }

    [[nodiscard]] Maybe<Batch> at(Time t) { return this->template batchAt<Batch>(t); }

    // What a checkpoint needs to know: see StateKeeper.
    void openKept(Time last)
    {
        MapWithStateNode::StateNode::openKept(spec->value.by().partitioning(), [this, last] {
            auto* const table = new Table{spec->value.timeout(), this->slides};
            table->begin(last);
            return table;
        });
        loaded = true;
    }
    void loadKept(Owned<Q>&& key, S&& state, Time touched, bool hasChanged)
    {
        auto& table = this->tableAt(spec->value.by().target(this->label, hashOfKey(key), key, this->tables.size()));
        table.load(tagOfKey(key), key, static_cast<S&&>(state), touched, hasChanged);
    }
    static constexpr bool initially = !std::is_same_v<typename Op::Initial, NoInitialState>;

private:
    static constexpr std::int64_t batchesToLook = 10;  // where time-outs are as in the model

    /// Keys time out where nothing comes, too.
    Counted<LastingStep> ask(Time t) override
    {
        auto next = this->up.at(t);
        if (!this->graph->isValid(t, this->slides)) return {};
        return this->stepFor(t, std::move(next), spec->value.by().partitioning());
    }
    void begin(LastingStep& step) override
    {
        this->open(step.count, [this] { return new Table{spec->value.timeout(), this->slides}; });
        static_cast<Step&>(step).makeParts();
        for (auto* table : this->tables) static_cast<Table*>(table)->begin(step.time);
        if constexpr (initially) {
            if (!loaded) load(step);
            loaded = true;
        }
        // As in the model, which looks when it checkpoints.
        looks = spec->value.timeout() &&
                (spec->value.timeoutMode() == TimeoutMode::exact || (step.time - this->graph->zero()) / this->slides % batchesToLook == 0);
    }
    [[nodiscard]] bool idle(LastingStep const&, std::size_t p) const override
    {
        return (!this->batch || this->batch->isEmpty(p)) && !(looks && this->tableAt(p).mayExpire());
    }
    void take(LastingStep& step, std::size_t p) override
    {
        auto& table = this->tableAt(p);
        auto& out = static_cast<Step&>(step).part(p);
        if (this->batch) {
            this->batch->eachSpan(p, 0, [&](auto const* records, std::size_t n) {
                for (std::size_t i = 0; i < n; i += block) {
                    records += takeBlock(table, step.time, records, n - i < block ? n - i : block, out);
                }
                return Taken{n, true};
            });
        }
        if (looks) {
            table.expire([&](auto const& key, State<S>& state) { call(step.time, Q(key), static_cast<V const*>(nullptr), state, out); });
        }
        table.ready();
    }
    void done(LastingStep& step, bool taken) noexcept override
    {
        if (taken) this->close(step);
        else static_cast<Step&>(step).clearParts();
    }

    static constexpr std::size_t block = 32;

    template <class Record>
    std::size_t takeBlock(Table& table, Time t, Record const* records, std::size_t n, KeepSink<M>& out)
    {
        std::uint32_t tags[block];
        for (std::size_t i = 0; i < n; ++i) {
            tags[i] = tagOfKey(std::get<0>(records[i]));
            table.prefetchIndex(tags[i]);
        }
        for (std::size_t i = 0; i < n; ++i) table.prefetchEntry(tags[i]);
        for (std::size_t i = 0; i < n; ++i) {
            auto const& [key, value] = records[i];
            table.step(tags[i], key, [&, &k = key, &v = value](State<S>& state) { call(t, k, &v, state, out); });
        }
        return n;
    }

    void call(Time t, Q const& key, V const* value, State<S>& state, KeepSink<M>& out) const
    {
        try {
            decltype(auto) result = callState<Mapped::form>(spec->value.function(), t, key, value, state);
            if constexpr (std::is_same_v<typename Mapped::Returned, M> || !requires { result.has_value(); })
                out(static_cast<decltype(result)&&>(result));
            else if (result.has_value()) out(*static_cast<decltype(result)&&>(result));
        } catch (...) {
            failIn(this->label);
        }
    }

    void load(LastingStep const& step)
    {
        auto const& by = spec->value.by();
        for (auto const& record : spec->value.initial()) {
            auto const& key = std::get<0>(record);
            auto& table = this->tableAt(by.target(this->label, hashOfKey(key), key, step.count));
            Time touched = step.time;
            if constexpr (std::tuple_size_v<std::remove_cvref_t<decltype(record)>> > 2) touched = std::get<2>(record);
            table.load(tagOfKey(key), key, S(std::get<1>(record)), touched);
        }
    }

    decltype(Op::spec) spec;
    bool loaded = false;
    bool looks = false;
};

/// Whether the records of an initial state are keys and states; they may have times as well.
template <class R, class K, class S>
inline constexpr bool initialFits = initialPairFits<R, K, S>;
template <class K2, class S2, class K, class S>
inline constexpr bool initialFits<std::tuple<K2, S2, Time>, K, S> = initialPairFits<std::pair<K2, S2>, K, S>;

template <class S, class Initial>
struct StartsWith {
    template <class Up>
    static constexpr bool holds = initialFits<typename Initial::value_type, Owned<FirstOf<Up>>, S>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::mapWithState(spec): an initial state must be of pairs (key, state) or tuples (key, state, Time)");
    }
};

// Behind need::KeyedState.

template <class S, class F>
struct CallsWithState {
    template <class Up>
    static constexpr bool holds = stateFormOf<F const, FirstOf<Up>, SecondOf<Up>, S>() != StateForm::none;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (stateFormOf<F, FirstOf<Up>, SecondOf<Up>, S>() != StateForm::none) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else {
            static_assert(holds<Up>,
                          "sluice::mapWithState(spec): the function must take a key, a std::optional value and a State<S>&, and "
                          "before these a Time if it wants to");
        }
    }
};

/// What it returns is given on.
template <class S, class F>
struct ReturnsRecord {
    template <class Up>
    using Returned = typename MappedState<S, F, FirstOf<Up>, SecondOf<Up>>::Returned;
    template <class Up>
    static constexpr bool holds = !std::is_void_v<Returned<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::mapWithState(spec): the function must return a record for the stream, or an optional one");
    }
};

template <class S, class F>
struct ReturnsOwnable : ReturnsRecord<S, F> {
    template <class Up>
    using Given = typename OptionalOf<typename ReturnsRecord<S, F>::template Returned<Up>>::Element;
    template <class Up>
    static constexpr bool holds = canOwn<Given<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(mayOutlive<Given<Up>>(),
                      "sluice::mapWithState(spec): the function must not return a view of a type that the library "
                      "cannot own: return one that owns");
    }
};

template <class S, class F, class By, class Start>
struct MapWithState
    : OfStates<S, F, Start>,
      Needs<need::KeyedState<S, By>, CallsWithState<S, F>, ReturnsRecord<S, F>, StartsWith<S, Start>, ReturnsOwnable<S, F>> {
    Counted<Box<StateSpec<F, By, Start>>> spec;
    Label label;

    MapWithState(StateSpec<F, By, Start> how, CallSite at)
        : spec(makeCounted<Box<StateSpec<F, By, Start>>>(std::move(how))), label{"mapWithState", at}
    {
    }

    template <class Node>
    auto attach(Node node) const
    {
        return lastingBehind<MapWithStateNode>(label, PartitionBy<By>{spec->value.by(), label.at}, *this, std::move(node));
    }
};

}  // namespace detail

/// Each record meets the state of its key: `mapWithState(StateSpec{f})`, with settings
/// `mapWithState(StateSpec{f}.timeout(30min).numPartitions(4))`; `mapWithState<S>(spec)` where f is generic.
///
/// Over time, for pairs (K, V); `StateSpec` says how f is called. The records of a key meet its state one after another, in the
/// order of partitions and positions; keys without data cost nothing. Result: what f returns, owned, in the order of calls,
/// with what it returns for the keys that time out behind it; partitions as the spec says, by key. `stateSnapshots()` gives
/// the states.
///
/// A key times out in the first batch whose time is more than the time-out after the last batch in which it was touched
/// (updated, or handed to f while it had a state), unless that batch has data for it; an empty batch and *no RDD* are batches
/// without data. What f throws fails the batch, and all states are as before it.
///
/// ```cpp
/// auto const nth = [](std::string_view, std::optional<int>, State<int>& seen) {
///     seen.update(seen.getOption().value_or(0) + 1);
///     return seen.get();
/// };
/// auto out = testing::runBatches<std::pair<std::string, int>>(
///     {{{"a", 0}, {"b", 0}, {"a", 0}}, {{"a", 0}}}, [&](auto in) { return in | mapWithState(StateSpec{nth}.numPartitions(1)); });
/// CHECK(out == testing::Batches<int>{{1, 1, 2}, {3}});
/// ```
template <class S = void, class F, class By, class Initial>
[[nodiscard]] auto mapWithState(StateSpec<F, By, Initial> spec, CallSite at = CallSite::here())
{
    using State = std::conditional_t<std::is_void_v<S>, detail::StateOf<F>, S>;
    return detail::MapWithState<State, F, By, Initial>{std::move(spec), at};
}
template <class F>
auto mapWithState(F const&)
{
    static_assert(std::is_void_v<F>, "sluice::mapWithState(spec): what it does is said by a specification: mapWithState(StateSpec{f})");
    return mapWithState<int>(StateSpec{[](auto const&, auto const&, State<int>&) { return 0; }});  // no second error
}
detail::Uncalled mapWithState(detail::Uncalled);  // never defined: what `| mapWithState` without its call is understood as

}  // namespace sluice::inline SLUICE_ABI
