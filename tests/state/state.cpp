#include <sluice/state/state.hpp>
#include <sluice/state/state_table.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// What one call does with the state of a key: with 5, or none; what it throws says.
template <class Call>
std::string said(bool exists, Call&& call)
{
    detail::StateTable<int, int> table{std::nullopt, 1s};
    table.begin(Time{1s});
    if (exists) table.load(1, 7, 5, Time{1s});
    try {
        table.step(1, 7, [&](State<int>& state) { call(state); });
    } catch (IllegalState const& error) {
        return error.what();
    }
    return "nothing";
}

/// The same while the key times out.
template <class Call>
std::string saidInTheEnd(Call&& call)
{
    detail::StateTable<int, int> table{1s, 1s};
    table.begin(Time{1s});
    table.load(detail::tagOfKey(7), 7, 5, Time{1s});
    table.begin(Time{3s});
    std::string what = "not called";
    try {
        table.expire([&](int, State<int>& state) {
            what = "nothing";
            call(state);
        });
    } catch (IllegalState const& error) {
        return error.what();
    }
    return what;
}

}  // namespace

TEST_CASE("a state is read, replaced and removed")
{
    CHECK(said(true, [](State<int>& state) {
              CHECK(state.exists());
              CHECK(state.get() == 5);
              CHECK(state.getOption() == 5);
              CHECK(!state.isTimingOut());
              state.update(6);
              CHECK(state.get() == 6);
              state.update(7);
              CHECK(state.getOption() == 7);
              state.remove();
              CHECK(!state.exists());
              CHECK(!state.getOption());
          }) == "nothing");
    CHECK(said(false, [](State<int>& state) {
              CHECK(!state.exists());
              CHECK(!state.getOption());
              state.update(1);
              CHECK(state.exists());
              CHECK(state.get() == 1);
          }) == "nothing");
}

TEST_CASE("what a state may not be asked")
{
    CHECK(said(false, [](State<int>& state) { static_cast<void>(state.get()); }) == "sluice::State::get: the state is not set");
    CHECK(said(true, [](State<int>& state) { state.remove(), static_cast<void>(state.get()); }) ==
          "sluice::State::get: the state is not set");
    CHECK(said(true, [](State<int>& state) { state.remove(), state.update(1); }) ==
          "sluice::State::update: the state has been removed in this call");
    CHECK(said(true, [](State<int>& state) { state.remove(), state.remove(); }) ==
          "sluice::State::remove: the state has been removed in this call");
    CHECK(said(false, [](State<int>& state) { state.remove(); }) == "nothing");
    CHECK(said(false, [](State<int>& state) { state.remove(), state.remove(); }) ==
          "sluice::State::remove: the state has been removed in this call");
}

TEST_CASE("a state that is timing out can be read")
{
    CHECK(saidInTheEnd([](State<int>& state) {
              CHECK(state.isTimingOut());
              CHECK(state.exists());
              CHECK(state.get() == 5);
          }) == "nothing");
    CHECK(saidInTheEnd([](State<int>& state) { state.update(1); }) == "sluice::State::update: the state is timing out");
    CHECK(saidInTheEnd([](State<int>& state) { state.remove(); }) == "sluice::State::remove: the state is timing out");
}
