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

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { static_cast<void>(batch | count()); });
#else
    numbers | foreachRDD([](auto batch) { batch | Wordless{} | count(); });
#endif
}
