#pragma once

#include <sluice/operators/detail/over_time.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/state/state_function.hpp>
#include <sluice/state/state_spec.hpp>
#include <sluice/state/state_stream.hpp>
#include <sluice/state/update_table.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The table of one partition.
template <class Op, class Batch, class K = Owned<FirstOf<Batch>>, class V = SecondOf<Batch>, class S = typename Op::State>
using UpdateTableOf = UpdateTable<K, V, S, updateThrows<typename Op::Function const, K, V, S>()>;

template <class Op, class Up>
struct UpdateNode final : StateNode<UpdateTableOf<Op, typename Up::Batch>, Up> {
    using K = Owned<FirstOf<typename Up::Batch>>;
    using V = SecondOf<typename Up::Batch>;
    using S = typename Op::State;
    static constexpr UpdateForm form = updateFormOf<typename Op::Function const, K, V, S>();
    static constexpr bool initially = !std::is_same_v<typename Op::Initial, NoInitialState>;
    using Table = UpdateTableOf<Op, typename Up::Batch>;
    using Batch = StateBatch<Table>;

    UpdateNode(Counted<GraphCore> const& owner, Op operation, Up upstream)
        : UpdateNode::StateNode(owner, operation.label, std::move(upstream)), op(makeCounted<Box<Op>>(std::move(operation)))
    {
    }

    [[nodiscard]] Maybe<Batch> at(Time t) { return this->template batchAt<Batch>(t); }

    // What a checkpoint needs to know: see StateKeeper.
    void openKept(Time)
    {
        UpdateNode::StateNode::openKept(op->value.by.partitioning(), [] { return new Table; });
        begun = loaded = true;
    }
    void loadKept(K&& key, S&& state, Time, bool)
    {
        auto& table = this->tableAt(op->value.by.target(this->label, hashOfKey(key), key, this->tables.size()));
        table.load(tagOfKey(key), key, static_cast<S&&>(state));
    }

private:
    Counted<LastingStep> ask(Time t) override
    {
        auto next = this->up.at(t);
        if (!this->graph->isValid(t, this->slides) || (!next && !initially && !begun)) return {};
        begun = true;
        return this->stepFor(t, std::move(next), op->value.by.partitioning());
    }
    void begin(LastingStep& step) override
    {
        this->open(step.count, [] { return new Table; });
        for (std::size_t p = 0; p < step.count; ++p) this->tableAt(p).begin();
        if constexpr (initially) {
            if (!loaded) load();
            loaded = true;
        }
        if constexpr (form == UpdateForm::rows) {
            routed.resize(step.count);
            for (auto& targets : routed) targets.assign(step.count, {});
            made.clear();
        }
    }
    [[nodiscard]] bool idle(LastingStep const&, std::size_t p) const override
    {
        return (!this->batch || this->batch->isEmpty(p)) && this->tableAt(p).size() == 0;
    }
    void take(LastingStep& step, std::size_t p) override
    {
        auto& table = this->tableAt(p);
        if (this->batch) {
            this->batch->eachSpan(p, 0, [&](auto const* records, std::size_t n) {
                table.take(records, n);
                return Taken{n, true};
            });
        }
        if constexpr (form == UpdateForm::rows) {
            UpdateRows<K, V, S> rows;
            table.hand([&](K const& key, std::vector<V> const& values, std::optional<S> state) {
                rows.emplace_back(key, values, std::move(state));
            });
            for (auto&& [key, state] : runIn(this->label, [&]() -> decltype(auto) { return op->value.f(std::move(rows)); })) {
                auto const hash = hashOfKey(key);
                routed[p][op->value.by.target(this->label, hash, key, step.count)].push_back({key, static_cast<S>(state)});
            }
        } else {
            // What catches what f throws stands around the loop, not in it.
            runIn(this->label, [&] {
                using Next = std::optional<S>;
                table.visit(
                    [&, &f = op->value.f](K const& key, std::vector<V> const& values, Next&& state) noexcept(!Table::throws) -> Next {
                        if constexpr (form == UpdateForm::plain) return f(values, static_cast<std::optional<S>&&>(state));
                        else return f(step.time, key, values, static_cast<std::optional<S>&&>(state));
                    });
            });
            table.ready();
        }
    }
    /// Keys that other partitions have made.
    void meet(LastingStep& step) override
    {
        if constexpr (form == UpdateForm::rows) {
            made.fill(step.count, [] { return new Table; });
            step.runsAt.run(
                step.count, [](std::size_t) { return false; },
                [&](std::size_t p) {
                    auto& next = static_cast<Table&>(made[p]);
                    for (auto& targets : routed) {
                        for (auto& [key, state] : targets[p]) next.load(tagOfKey(key), key, std::move(state));
                    }
                    this->tableAt(p).entries().eachSpan(0, [&](auto const* entries, std::size_t n) {
                        for (std::size_t i = 0; i < n; ++i) {
                            auto const& key = entries[i].first;
                            if (!next.has(tagOfKey(key), key)) next.remember(K(key));
                        }
                        return Taken{n, true};
                    });
                });
        }
    }
    void done(LastingStep& step, bool taken) noexcept override
    {
        if constexpr (form == UpdateForm::rows) {
            if (taken) this->tables.swap(made);
            made.clear();
        }
        if (taken) this->close(step);
    }

    void load()
    {
        for (auto const& [key, state] : op->value.initial) {
            auto& table = this->tableAt(op->value.by.target(this->label, hashOfKey(key), key, this->tables.size()));
            table.load(tagOfKey(key), key, S(state));
        }
    }

    Counted<Box<Op>> op;
    LastingTables made;                                             // where f makes rows of rows
    std::vector<std::vector<std::vector<std::pair<K, S>>>> routed;  // by the partition that made them, and that they go to
    bool begun = false;                                             // there has been a batch
    bool loaded = false;
};

// Behind need::KeyedState.

struct AssignableKey {
    template <class Up>
    static constexpr bool holds = std::is_move_assignable_v<Owned<FirstOf<Up>>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::updateStateByKey(f): the key must be assignable, without const members: keys make room for "
                      "others");
    }
};

template <class S, class F>
struct UpdatesStates {
    template <class Up>
    static constexpr bool holds = updateFormOf<F const, Owned<FirstOf<Up>>, SecondOf<Up>, S>() != UpdateForm::none;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (updateFormOf<F, Owned<FirstOf<Up>>, SecondOf<Up>, S>() != UpdateForm::none) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else {
            static_assert(holds<Up>,
                          "sluice::updateStateByKey(f): f must take a vector of values and a std::optional state, and return a "
                          "std::optional state; or a Time and the key before these; or the rows of a partition");
        }
    }
};

template <class S, class Initial>
struct UpdatesFrom {
    template <class Up>
    static constexpr bool holds = initialPairFits<typename Initial::value_type, Owned<FirstOf<Up>>, S>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::updateStateByKey(f, partitions, initial): the initial states must be pairs (key, state)");
    }
};

template <class S, class F, class By, class Start>
struct UpdateStateByKey : OfStates<S, F, Start>, Needs<need::KeyedState<S, By>, AssignableKey, UpdatesStates<S, F>, UpdatesFrom<S, Start>> {
    F f;
    By by;
    Start initial;
    Label label;

    UpdateStateByKey(F fn, By how, Start states, Label const& where)
        : f(std::move(fn)), by(std::move(how)), initial(std::move(states)), label(where)
    {
    }

    template <class Node>
    auto attach(Node node) const
    {
        return lastingBehind<UpdateNode>(label, PartitionBy<By>{by, label.at}, *this, std::move(node));
    }
};

}  // namespace detail

/// A state for each key, updated in every batch: `updateStateByKey(f)`, with a number of partitions or a partitioner
/// `updateStateByKey(f, 4)`, from states that there are before the first batch `updateStateByKey(f, 4, initial)` or
/// `updateStateByKey(f, initial)`, an RDD or a range of pairs (K, S).
///
/// Over time, for pairs (K, V). Every batch calls f for each key that has a state, or values in this batch, with values that may
/// be none, in the order of partitions and positions; what it returns is the key's next state, none removes it. f is one of
///
/// - `f(std::vector<V> const& values, std::optional<S> state) → std::optional<S>`,
/// - `f(Time, K const& key, std::vector<V> const& values, std::optional<S> state) → std::optional<S>`,
/// - `f(std::vector<std::tuple<K, std::vector<V>, std::optional<S>>> rows)`, all of a partition, → a range of pairs (K, S), which
///   may have other keys; the first one of each counts.
///
/// It is called as const, for different partitions by several threads at once. S is seen in its last parameter; where f is
/// generic it is given: `updateStateByKey<S>(f)`. Declared `noexcept`, f changes states in place without a copy to go back to.
///
/// Result: pairs (K, S), all states after the batch, partitioned by key, in no particular order. Where no key is touched for
/// long, `mapWithState` does not visit it. An empty batch and *no RDD* call f without values; before the first RDD, without
/// initial states, there is no RDD. What f throws fails the batch, and all states are as before it.
///
/// ```cpp
/// auto const sum = [](std::vector<int> const& values, std::optional<int> total) -> std::optional<int> {
///     int all = total.value_or(0);
///     for (int const value : values) all += value;
///     return all;
/// };
/// auto out = testing::runBatches<std::pair<char, int>>({{{'a', 1}, {'a', 2}}, {}, {{'a', 3}}},
///                                                      [&](auto in) { return in | updateStateByKey(sum); });
/// CHECK(out == testing::Batches<std::pair<char, int>>{{{'a', 3}}, {{'a', 3}}, {{'a', 6}}});
/// ```
template <class S = void, class F, class P = detail::MaybePartitions, class Initial = detail::NoInitialState>
    requires detail::Partitions<P>
[[nodiscard]] auto updateStateByKey(F f, P partitions = {}, Initial const& initial = {}, CallSite at = CallSite::here())
{
    using State = std::conditional_t<std::is_void_v<S>, detail::UpdateStateOf<F>, S>;
    static_assert(detail::holdsStates<Initial>,
                  "sluice::updateStateByKey(f, partitions, initial): initial must be an RDD or a range of pairs (key, state)");
    auto states = detail::initialOf(initial);
    using Op = detail::UpdateStateByKey<State, F, detail::ByOf<P>, decltype(states)>;
    Label const label{"updateStateByKey", at};
    return Op{std::move(f), detail::byOf(std::move(partitions), label), std::move(states), label};
}
template <class S = void, class F, class Initial>
    requires(!detail::Partitions<Initial> && !std::is_same_v<Initial, CallSite>)
[[nodiscard]] auto updateStateByKey(F f, Initial const& initial, CallSite at = CallSite::here())
{
    return updateStateByKey<S>(static_cast<F&&>(f), detail::MaybePartitions{}, initial, at);
}
detail::Uncalled updateStateByKey(detail::Uncalled);  // never defined: what `| updateStateByKey` without its call is understood as

}  // namespace sluice::inline SLUICE_ABI
