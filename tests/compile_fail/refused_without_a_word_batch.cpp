// expect: sluice: an operator or source of this pipe was refused, and did not say why
// compiled
// errors: 2 clang
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
    rdd({1, 2}) | map([](int x) { return x; }) | foreach([](int) {});
#else
    rdd({1, 2}) | Wordless{} | map([](int x) { return x; }) | foreach([](int) {});
#endif
}
