#pragma once

#include <sluice/batch/error.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {
template <class K, class S>
class StateTable;
}

/// When `mapWithState` looks for keys whose time is over.
enum class TimeoutMode {
    exact,       ///< in each batch: a key times out in the first one that is more than the time-out after its last touch
    compatible,  ///< in every tenth batch, as Spark Streaming does between its checkpoints
};

/// The state of one key, as `mapWithState` hands it to its function: for one call, in which it is read, replaced or removed.
///
/// What is done with it is visible to the next call for the same key, also in the same batch. `IllegalState` where the rules
/// below are broken; the batch fails then, and nothing of it has been done.
///
/// ```cpp
/// auto const count = [](char, std::optional<int> one, State<int>& state) {
///     state.update(one.value_or(0) + state.getOption().value_or(0));
///     return state.get();
/// };
/// auto out = testing::runBatches<std::pair<char, int>>({{{'a', 1}, {'a', 2}}, {{'a', 3}}},
///                                                      [&](auto in) { return in | mapWithState(StateSpec{count}); });
/// CHECK(out == testing::Batches<int>{{1, 3}, {6}});
/// ```
template <class S>
class State {
public:
    State(State const&) = delete;
    State& operator=(State const&) = delete;

    /// Whether the key has a state: not before it is first updated, nor once it is removed.
    [[nodiscard]] bool exists() const noexcept { return what_ == What::updated || (what_ != What::removed && old_ != nullptr); }

    /// The state; `IllegalState` where there is none.
    [[nodiscard]] S const& get() const
    {
        if (!exists()) refuse("get", "the state is not set");
        return what_ == What::updated ? *fresh_ : *old_;
    }
    /// The state, or none.
    [[nodiscard]] std::optional<S> getOption() const
    {
        if (!exists()) return std::nullopt;
        return get();
    }

    /// Gives the key this state; not after `remove`, nor while it is timing out.
    void update(S value)
    {
        if (what_ == What::removed) refuse("update", "the state has been removed in this call");
        if (timingOut_) refuse("update", "the state is timing out");
        fresh_.emplace(static_cast<S&&>(value));
        what_ = What::updated;
    }

    /// The key has no state any more; not twice, nor while it is timing out. Where there is none, nothing is removed.
    void remove()
    {
        if (timingOut_) refuse("remove", "the state is timing out");
        if (what_ == What::removed) refuse("remove", "the state has been removed in this call");
        what_ = What::removed;
    }

    /// Whether this is the last call, because the key has had no data for longer than the time-out: there is no value, and
    /// the state goes when the call returns.
    [[nodiscard]] bool isTimingOut() const noexcept { return timingOut_; }

private:
    template <class, class>
    friend class detail::StateTable;

    enum class What : unsigned char { untouched, updated, removed };

    State(S const* old, bool timingOut) noexcept : old_(old), timingOut_(timingOut) {}

    [[noreturn]] SLUICE_COLD static void refuse(char const* what, char const* why)
    {
        throw IllegalState{detail::concat({"sluice::State::", what, ": ", why})};
    }

    S const* old_;
    std::optional<S> fresh_;
    What what_ = What::untouched;
    bool timingOut_;
};

}  // namespace sluice::inline SLUICE_ABI
