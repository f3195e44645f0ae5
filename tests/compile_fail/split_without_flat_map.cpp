// expect: sluice: behind \| stands an operator or an output; a function goes into one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap(split()) | print();
#else
    lines | split() | print();
#endif
}
