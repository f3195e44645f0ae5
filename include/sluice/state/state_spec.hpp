#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/partitioner.hpp>
#include <sluice/exchange/exchange.hpp>
#include <sluice/state/state.hpp>
#include <sluice/stream/time.hpp>

#include <tuple>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct NoInitialState {
    using value_type = NoInitialState;
};

/// Whether the records of an initial state are keys and states.
template <class R, class K, class S>
inline constexpr bool initialPairFits = false;
template <class K, class S>
inline constexpr bool initialPairFits<NoInitialState, K, S> = true;
template <class K2, class S2, class K, class S>
inline constexpr bool initialPairFits<std::pair<K2, S2>, K, S> = std::is_convertible_v<S2 const&, S> && hashAlike<std::remove_cv_t<K2>, K>;
template <class K2, class S2, class K, class S>
inline constexpr bool initialPairFits<std::tuple<K2, S2>, K, S> = initialPairFits<std::pair<K2, S2>, K, S>;

/// Initial states, side by side.
template <class T>
struct InitialSink {
    std::vector<T> records;

    template <class R>
    bool operator()(R&& record)
    {
        records.push_back(own(static_cast<R&&>(record)));
        return true;
    }
};
/// Whether there are states to begin with in it: otherwise it is told of that, and is taken for none.
template <class Initial>
inline constexpr bool holdsStates = std::is_same_v<Initial, NoInitialState> || isRDD<Initial> ||
                                    requires(Initial const& initial) { std::vector(initial.begin(), initial.end()); };

template <class Initial>
auto initialOf(Initial const& initial)
{
    if constexpr (std::is_same_v<Initial, NoInitialState>) {
        return initial;
    } else if constexpr (isRDD<Initial>) {
        auto const& batch = initial.node();
        batch.prepare();
        InitialSink<Owned<ValueOf<decltype(batch)>>> sink;
        for (std::size_t p = 0; p < batch.partitions(); ++p) batch.each(p, 0, sink);
        return std::move(sink.records);
    } else if constexpr (!holdsStates<Initial>) {
        return NoInitialState{};
    } else {
        return std::vector(initial.begin(), initial.end());
    }
}

}  // namespace detail

/// What `mapWithState` does: its function, and how keys are kept. Each setting gives another specification.
///
/// The function is called for each record, and once more for each key that times out:
///
/// - `f(key, std::optional<V>, State<S>&) → M`, or
/// - `f(time, key, std::optional<V>, State<S>&) → M`, with the batch's time.
///
/// It is called as const, for different partitions by several threads at once. What it returns goes into the stream; of a
/// `std::optional` only what there is. The optional value is none where the key times out.
///
/// ```cpp
/// auto const total = [](char, std::optional<int> value, State<int>& state) -> std::optional<int> {
///     if (state.isTimingOut()) return -state.get();
///     state.update(*value + state.getOption().value_or(0));
///     return std::nullopt;
/// };
/// auto const spec = StateSpec{total}.initialState(std::vector{std::pair{'a', 5}}).numPartitions(1).timeout(1s);
/// auto out = testing::runBatches<std::pair<char, int>>({{{'a', 1}}, {}, {}}, [&](auto in) { return in | mapWithState(spec); });
/// CHECK(out == testing::Batches<int>{{}, {}, {-6}});
/// ```
template <class F, class By = detail::ByHash, class Initial = detail::NoInitialState>
class StateSpec {
public:
    explicit StateSpec(F f) : function_(static_cast<F&&>(f)) {}

    /// No more than the function: what else it says is said by its members.
    template <class First, class... More>
    StateSpec(F f, First const&, More const&...) : function_(static_cast<F&&>(f))
    {
        static_assert(std::is_void_v<First>,
                      "sluice::StateSpec: it is made of its function alone, and told the rest: "
                      "StateSpec{f}.initialState(states).numPartitions(4).timeout(30s)");
    }

    /// States that there are before the first batch: an RDD, or a range, of pairs (key, state), as old as the first batch, or
    /// of tuples (key, state, `Time` of its last touch). Of several for one key the last counts.
    template <class Records>
    [[nodiscard]] auto initialState(Records const& records) const
    {
        static_assert(detail::holdsStates<Records>,
                      "sluice::StateSpec::initialState(states): states must be an RDD or a range of pairs (key, state)");
        return with(by_, detail::initialOf(records));
    }

    /// How many partitions the keys are spread over, by hash; where nothing is said the default. 0: `InvalidArgument`.
    [[nodiscard]] auto numPartitions(std::size_t n, CallSite at = CallSite::here()) const
    {
        return with(detail::byOf(n, {"StateSpec::numPartitions", at}), initial_);
    }
    /// Which partition each key is kept in.
    template <detail::PartitionerLike P>
    [[nodiscard]] auto partitioner(P partitioner, CallSite at = CallSite::here()) const
    {
        return with(detail::byOf(static_cast<P&&>(partitioner), {"StateSpec::partitioner", at}), initial_);
    }

    /// A key that has had no data for longer than d is handed to the function once more, without a value, and goes;
    /// `Duration::max()`: none does.
    [[nodiscard]] StateSpec timeout(detail::Length length, TimeoutMode mode = TimeoutMode::exact) const
    {
        Duration const d = length;
        if (d.count() <= 0) throw InvalidArgument{detail::concat({"sluice::StateSpec::timeout: it must be positive, got ", toString(d)})};
        auto spec = *this;
        if (d < Duration::max() / 4) spec.timeout_ = d;
        else spec.timeout_.reset();  // for ever, by any clock
        spec.mode_ = mode;
        return spec;
    }

    // What it says.
    [[nodiscard]] F const& function() const { return function_; }
    [[nodiscard]] By const& by() const { return by_; }
    [[nodiscard]] Initial const& initial() const { return initial_; }
    [[nodiscard]] std::optional<Duration> timeout() const { return timeout_; }
    [[nodiscard]] TimeoutMode timeoutMode() const { return mode_; }

private:
    template <class, class, class>
    friend class StateSpec;

    StateSpec(F f, By by, Initial initial, std::optional<Duration> timeout, TimeoutMode mode)
        : function_(static_cast<F&&>(f)),
          by_(static_cast<By&&>(by)),
          initial_(static_cast<Initial&&>(initial)),
          timeout_(timeout),
          mode_(mode)
    {
    }

    template <class B, class I>
    [[nodiscard]] StateSpec<F, B, I> with(B by, I initial) const
    {
        return StateSpec<F, B, I>{function_, static_cast<B&&>(by), static_cast<I&&>(initial), timeout_, mode_};
    }

    F function_;
    By by_{};
    Initial initial_{};
    std::optional<Duration> timeout_;
    TimeoutMode mode_ = TimeoutMode::exact;
};

template <class F>
StateSpec(F) -> StateSpec<F>;
template <class F, class First, class... More>
StateSpec(F, First const&, More const&...) -> StateSpec<F>;

}  // namespace sluice::inline SLUICE_ABI
