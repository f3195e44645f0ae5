#include <sluice/state/state_function.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using detail::StateForm;
using detail::UpdateForm;

namespace {

[[maybe_unused]] int loud(char, std::optional<int>, State<long>&) { return 0; }

using Rows = detail::UpdateRows<char, int, long>;

template <class F>
constexpr StateForm stateForm = detail::stateFormOf<F const, std::string_view, std::string_view, int>();
template <class F>
constexpr UpdateForm updateForm = detail::updateFormOf<F const, char, int, long>();

}  // namespace

TEST_CASE("the state's type is seen in the last parameter")
{
    auto const lambda = [](char, std::optional<int>, State<std::string>&) { return 0; };
    auto const timed = [](Time, char, std::optional<int>, State<std::string>&) noexcept { return 0; };
    auto const generic = [](auto, auto, auto&) { return 0; };
    auto const other = [](char, int) { return 0; };
    static_assert(std::is_same_v<detail::StateOf<decltype(lambda)>, std::string>);
    static_assert(std::is_same_v<detail::StateOf<decltype(timed)>, std::string>);
    static_assert(std::is_same_v<detail::StateOf<decltype(&loud)>, long>);
    static_assert(std::is_same_v<detail::StateOf<int (*)(char, std::optional<int>, State<long>&) noexcept>, long>);
    static_assert(std::is_void_v<detail::StateOf<decltype(generic)>>);
    static_assert(std::is_void_v<detail::StateOf<decltype(other)>>);
    static_assert(std::is_void_v<detail::StateOf<int>>);
}

TEST_CASE("so is that of an update: an optional one, alone or in rows")
{
    auto const plain = [](std::vector<int> const&, std::optional<std::string> state) { return state; };
    auto const rows = [](Rows all) { return all; };
    auto const generic = [](auto const&, auto state) { return state; };
    static_assert(std::is_same_v<detail::UpdateStateOf<decltype(plain)>, std::string>);
    static_assert(std::is_same_v<detail::UpdateStateOf<decltype(rows)>, long>);
    static_assert(std::is_void_v<detail::UpdateStateOf<decltype(generic)>>);
}

TEST_CASE("a function is called as it can be: the value as it comes before an owned one, without the time before with it")
{
    auto const plain = [](std::string_view, std::optional<std::string_view>, State<int>&) { return 0; };
    auto const owned = [](std::string_view, std::optional<std::string>, State<int>&) { return 0; };
    auto const timed = [](Time, std::string_view, std::optional<std::string_view>, State<int>&) { return 0; };
    auto const timedOwned = [](Time, std::string_view, std::optional<std::string>, State<int>&) { return 0; };
    auto const other = [](std::string_view, State<int>&) { return 0; };
    auto const changing = [n = 0](std::string_view, std::optional<std::string_view>, State<int>&) mutable { return ++n; };
    static_assert(stateForm<decltype(plain)> == StateForm::plain);
    static_assert(stateForm<decltype(owned)> == StateForm::owned);
    static_assert(stateForm<decltype(timed)> == StateForm::timed);
    static_assert(stateForm<decltype(timedOwned)> == StateForm::timedOwned);
    static_assert(stateForm<decltype(other)> == StateForm::none);
    static_assert(stateForm<decltype(changing)> == StateForm::none, "it is called as const");
}

TEST_CASE("an update is called with values, with time and key, or with all rows; only one that cannot throw changes in place")
{
    using State = std::optional<long>;
    auto const plain = [](std::vector<int> const&, State state) { return state; };
    auto const quiet = [](std::vector<int> const&, State state) noexcept { return state; };
    auto const timed = [](Time, char, std::vector<int> const&, State state) noexcept { return state; };
    auto const rows = [](Rows const&) noexcept { return std::vector<std::pair<char, long>>{}; };
    auto const other = [](int, State state) { return state; };
    static_assert(updateForm<decltype(plain)> == UpdateForm::plain);
    static_assert(updateForm<decltype(timed)> == UpdateForm::timed);
    static_assert(updateForm<decltype(rows)> == UpdateForm::rows);
    static_assert(updateForm<decltype(other)> == UpdateForm::none);
    static_assert(detail::updateThrows<decltype(plain) const, char, int, long>());
    static_assert(detail::updateThrows<decltype(rows) const, char, int, long>());
    CHECK(!detail::updateThrows<decltype(timed) const, char, int, long>());
    CHECK(quiet({}, 7) == 7);
}
