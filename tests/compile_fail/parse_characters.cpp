// expect: sluice::parse<T>\(\): T must be an integer or floating-point type
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | map(parse<int>()) | print();
#else
    lines | map(parse<char>()) | print();
#endif
}
