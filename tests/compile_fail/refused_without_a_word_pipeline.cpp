// expect: sluice: an operator or source of this pipe was refused, and did not say why
// compiled
#include <sluice/sluice.hpp>

using namespace sluice;

/// An operator whose reasons are fewer than its conditions.
struct Wordless : detail::NarrowBase {
    Label label;

    template <class Up>
    static constexpr bool accepts = false;
    template <class Up>
    static consteval void require()
    {
    }
};

void program()
{
#ifdef SLUICE_TWIN
    auto const pipeline = map([](int x) { return x; }) | filter([](int) { return true; });
    auto const kept = rdd({1, 2}) | pipeline;
    static_cast<void>(kept);
#else
    auto const pipeline = map([](int x) { return x; }) | Wordless{};
    auto const kept = rdd({1, 2}) | pipeline;
    static_cast<void>(kept);
#endif
}
