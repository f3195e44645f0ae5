// expect: sluice: an operator or source of this pipe was refused, and did not say why
// compiled
// errors: 2 clang
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
    rdd({1, 2}) | map([](int x) { return x; }) | foreach ([](int) {});
#else
    rdd({1, 2}) | Wordless{} | map([](int x) { return x; }) | foreach ([](int) {});
#endif
}
