// expect: sluice: an operator or source of this pipe was refused, and did not say why
// compiled
#include <sluice/sluice.hpp>

using namespace sluice;

/// It never holds, and does not say why.
struct Unsaid {
    template <class Up>
    static constexpr bool holds = false;
    template <class Op, class Up>
    static consteval void explain()
    {
    }
};
struct Wordless : detail::NarrowBase, detail::Needs<Unsaid> {
    Label label;
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
