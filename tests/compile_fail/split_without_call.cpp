// expect: sluice::flatMap\(f\): f must stand there with its call: split\(\)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap(split()) | print();
#else
    lines | flatMap(split) | print();
#endif
}
