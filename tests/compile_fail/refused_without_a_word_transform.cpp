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

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transform([](auto batch) { return batch; }) | print();
#else
    numbers | transform([](auto batch) { return batch | Wordless{}; }) | print();
#endif
}
